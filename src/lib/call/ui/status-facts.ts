import type { CurrentCall, PeerStatus, SessionView } from '../session/view';
import type { CallRecord } from '../session/call-record';
import { ratingWords } from './quality-words';
import { eventWords, PLOTS, rangeWords } from './record-words';
import { rungWords } from './words';

const numbered = (device: number): string => `Device ${device}`;

export type Fact = readonly [label: string, value: string];

/** The connection to one device, as labelled values. States are W3C's own words. */
export function peerFacts(status: PeerStatus | null): Fact[] {
	const or = (value: string | null | undefined) => value ?? '–';
	return [
		['Connection', or(status?.connectionState)],
		['ICE', or(status?.iceConnectionState)],
		['Gathering', or(status?.iceGatheringState)],
		['Signaling', or(status?.signalingState)],
		['Path', or(status?.path)],
		['Round trip', status?.roundTripMs == null ? '–' : `${status.roundTripMs} ms`],
		['Packet loss', status ? lossWords(status.lately) : '–'],
		['Bitrate', status?.bitrateBps == null ? '–' : `${Math.round(status.bitrateBps / 1000)} kbit/s`],
		['Video codec', status ? codecWords(status.videoCodecs) : '–'],
		['Frames', status?.framesPerSecond == null ? '–' : `${status.framesPerSecond} a second`],
		['Jitter', status?.jitterMs == null ? '–' : `${status.jitterMs} ms`],
		['ICE restarts', status ? String(status.restarts) : '–']
	];
}

/** As they are called: H264 is what a description says. */
const CODEC_WORDS: Readonly<Record<string, string>> = { H264: 'H.264', H265: 'H.265' };

function codecWords({ received, sent }: PeerStatus['videoCodecs']): string {
	const [here, there] = [received, sent].map((names) =>
		names.map((name) => CODEC_WORDS[name] ?? name).join(' and ')
	);
	if (!here || !there || here === there) return here || there || '–';
	return `${here} received, ${there} sent`;
}

/** Of how many packets is part of the truth: of few, any share may be chance. */
function lossWords({ due, lost }: PeerStatus['lately']): string {
	return due === 0 ? '–' : `${((100 * lost) / due).toFixed(1)} % (${lost} of ${due})`;
}

/**
 * A call's condition as text, to be pasted where help is asked for. Holds no names, no addresses and no
 * descriptions: whoever pastes it gives nothing away.
 *
 * @param at Unix milliseconds
 */
export function makeReport(
	view: SessionView,
	current: CurrentCall,
	record: CallRecord | null,
	at: number
): string {
	const { call, local } = current;
	const onOff = (on: boolean) => (on ? 'on' : 'off');
	const lines = [
		'Parley call report',
		`At: ${new Date(at).toISOString()}`,
		`Call: ${call.kind}, ${call.phase}, ${call.devices.length} devices, version ${call.version}`,
		`Link: ${rungWords(view.link.rung)} since ${new Date(view.link.since).toISOString()}${view.link.why ? ` (${view.link.why})` : ''}`,
		`Microphone: ${onOff(local.microphoneEnabled)}`,
		`Camera: ${onOff(local.cameraEnabled)}`,
		`Screen: ${local.screen}`,
		...local.problems.map(({ device, reason }) => `Problem: ${device} ${reason}`),
		...(current.trouble ? [`Trouble: ${current.trouble}`] : []),
		...current.remotes.flatMap((remote, index) => {
			const known = record?.devices.get(remote.deviceId);
			const samples = known?.samples ?? [];
			const ranges = PLOTS.map((plot) => rangeWords(plot, samples)).filter((words) => words !== null);
			return [
				'',
				`${numbered(known?.number ?? index + 1)}: ${remote.presence}${remote.screenEnabled ? ', shares a screen' : ''}`,
				...peerFacts(remote.status).map(([label, value]) => `${label}: ${value}`),
				`Frames decoded: ${remote.status?.framesDecoded ?? '–'}`,
				`Quality: ${ratingWords(known?.rating ?? null)}`,
				...(samples.length > 0 ? [`The last ${samples.length} s:`, ...ranges] : [])
			];
		}),
		...(record ? ['', 'What happened:'] : []),
		...(record?.events ?? []).map(
			(event) => `${new Date(event.at).toISOString()} ${eventWords(event, numbered)}`
		)
	];
	return lines.join('\n');
}
