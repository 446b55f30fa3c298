import type { PeerConnection } from '../media/peer-connection';
import { measureInterval, sampleStats, type MediaMeasure, type MediaSample } from '../media/stats';
import type { PeerStatus } from './view';

/** What the status panel shows, and how loud it was: audio energy tells silence from a deaf path. */
export type MeasuredStatus = PeerStatus & { readonly totalAudioEnergy: number };

const NOTHING_YET: MediaMeasure = {
	path: null,
	roundTripMs: null,
	packetLossPercent: null,
	bitrateBps: null,
	framesDecoded: 0,
	framesPerSecond: null,
	jitterMs: null,
	totalAudioEnergy: 0
};

/** Follows one connection's numbers. The interval of rates is from one refresh to the next. */
export function createStatusReader(connection: Pick<PeerConnection, 'states' | 'getStats'>) {
	let sample: MediaSample | null = null;
	let measure = NOTHING_YET;
	return {
		/** The states of this moment with the numbers of the last refresh. */
		get status(): MeasuredStatus {
			return { ...connection.states, ...measure };
		},
		async refresh(): Promise<void> {
			const now = sampleStats(await connection.getStats(), Date.now());
			measure = measureInterval(sample, now);
			sample = now;
		}
	};
}
