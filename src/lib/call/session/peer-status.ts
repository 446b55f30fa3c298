import type { PeerConnection } from '../media/peer-connection';
import {
	measureInterval,
	packetsBetween,
	sampleStats,
	sentLossPercent,
	type MediaMeasure,
	type MediaSample
} from '../media/stats';
import type { PeerStatus } from './view';

/** What one connection is doing, and how loud it was: audio energy tells silence from a deaf path. */
export type MeasuredStatus = Omit<PeerStatus, 'restarts'> & { readonly totalAudioEnergy: number };

/** A second has so few packets that its loss jumps from 0 to 5 % and back while nothing has changed. */
const LATELY_MS = 10_000;
const REPORTS_WITHIN_MS = 5_500;

const NOTHING_YET: MediaMeasure = {
	path: null,
	roundTripMs: null,
	packetLossPercent: null,
	bitrateBps: null,
	framesDecoded: 0,
	framesPerSecond: null,
	jitterMs: null,
	voiceJitterMs: null,
	totalAudioEnergy: 0,
	videoCodecs: { received: [], sent: [] },
	counts: null
};

/** Follows one connection's numbers. The interval of rates is from one refresh to the next. */
export function createStatusReader(connection: Pick<PeerConnection, 'states' | 'getStats'>) {
	/** Those of lately, the newest last. */
	let samples: readonly MediaSample[] = [];
	let measure = NOTHING_YET;
	let lately = { due: 0, lost: 0 };
	return {
		/** The states of this moment with the numbers of the last refresh. */
		get status(): MeasuredStatus {
			return { ...connection.states, ...measure, lately };
		},
		/** What the connection had brought of each received track by the last refresh. */
		get came(): MediaSample['came'] {
			return samples.at(-1)?.came ?? new Map<string, number>();
		},
		/** Of the last seconds, as long as the other side takes to report on sound. */
		get sentLossPercent(): number | null {
			const now = samples.at(-1);
			const before = now && samples.find(({ at }) => now.at - at <= REPORTS_WITHIN_MS);
			return before ? sentLossPercent(before, now) : null;
		},
		async refresh(): Promise<void> {
			const now = sampleStats(await connection.getStats(), Date.now());
			measure = measureInterval(samples.at(-1) ?? null, now);
			samples = [...samples.filter(({ at }) => now.at - at <= LATELY_MS), now];
			lately = packetsBetween(samples[0] ?? now, now);
		}
	};
}
