import { rangeOf } from '../../ui/plot';
import type { RecordEvent, Sample } from '../session/call-record';
import { rungWords } from './words';

/** What of a second is plotted, and how its numbers are said. */
export const PLOTS: readonly {
	readonly label: string;
	readonly of: (sample: Sample) => number | null;
	readonly say: (value: number) => string;
}[] = [
	{ label: 'Round trip', of: (one) => one.roundTripMs, say: (ms) => `${Math.round(ms)} ms` },
	{ label: 'Packet loss', of: (one) => one.packetLossPercent, say: (percent) => `${percent.toFixed(1)} %` },
	{ label: 'Bitrate', of: (one) => one.bitrateBps, say: (bps) => `${Math.round(bps / 1000)} kbit/s` },
	{ label: 'Frames', of: (one) => one.framesPerSecond, say: (fps) => `${Math.round(fps)} a second` },
	{ label: 'Jitter', of: (one) => one.jitterMs, say: (ms) => `${Math.round(ms)} ms` }
];

/** "Round trip: 20 ms to 48 ms"; null while nothing is known. */
export function rangeWords(
	{ label, of, say }: (typeof PLOTS)[number],
	samples: readonly Sample[]
): string | null {
	const range = rangeOf(samples.map(of));
	if (!range) return null;
	const [least, most] = [say(range.least), say(range.most)];
	return `${label}: ${least === most ? least : `${least} to ${most}`}`;
}

/** @param nameOf what the device of this number is called; in a report that is given away, its number */
export function eventWords(event: RecordEvent, nameOf: (device: number) => string): string {
	switch (event.kind) {
		case 'link':
			return `Link: ${rungWords(event.rung)}${event.why ? ` (${event.why})` : ''}`;
		case 'came':
			return `${nameOf(event.device)}: came`;
		case 'went':
			return `${nameOf(event.device)}: went`;
		case 'connection':
			return `${nameOf(event.device)}: connection ${event.state}`;
		case 'ice':
			return `${nameOf(event.device)}: ICE ${event.state}`;
		case 'restart':
			return `${nameOf(event.device)}: ICE restart ${event.restarts}`;
		case 'path':
			return `${nameOf(event.device)}: path ${event.path}`;
		case 'missing':
			return `${nameOf(event.device)}: ${event.media.length > 0 ? `no ${event.media.join(', no ')} comes` : 'all comes again'}`;
		case 'trouble':
			return event.why;
	}
}
