import { QUALITY_SAMPLE_MS, type QualitySample } from '../core/call-quality';
import type { MediaCounts } from '../media/stats';
import type { InCall } from './call-server';
import { mean, share } from './peer-rating';
import type { PeerStatus, RemoteView, SessionView } from './view';

/** A sample that is whole, and when it ended: Unix milliseconds on this device's clock. */
export type TakenSample = Omit<QualitySample, 'n' | 'ageMs'> & { readonly until: number };
/** Samples of one device's stay in one call. */
export type Taken = { readonly at: InCall; readonly samples: readonly TakenSample[] };

type Seen = Pick<SessionView, 'current' | 'deviceId'>;

/** Seconds of one connection that are no sample yet. */
type Gathering = {
	readonly seconds: { readonly counts: MediaCounts; readonly down: boolean; readonly remote: RemoteView }[];
	status: PeerStatus | null;
};

/** Intervals come about a second apart: ten of them may be a little less than ten seconds. */
const ENOUGH_MS = QUALITY_SAMPLE_MS - 500;

/** Adds up what the connections of a call count, until it is a sample. Holds no clock. */
export class QualitySampler {
	#at: InCall | null = null;
	readonly #peers = new Map<string, Gathering>();

	/** After each change of the view. @param now Unix milliseconds @returns what is whole by now */
	look({ current, deviceId }: Seen, now: number): Taken | null {
		const inCall = current?.stage === 'joined' && deviceId !== null;
		const at = inCall ? { callId: current.call.id, deviceId } : null;
		if (!at || at.callId !== this.#at?.callId || at.deviceId !== this.#at.deviceId) {
			const last = this.finish(now);
			this.#at = at;
			if (last) return last;
		}
		if (!at || !current) return null;
		const samples: TakenSample[] = [];
		for (const remote of current.remotes) {
			const gathering = this.#gather(remote);
			if (gathering && lasting(gathering) >= ENOUGH_MS) {
				samples.push(...sampleOf(remote.deviceId, gathering.seconds.splice(0), now));
			}
		}
		for (const [peerDeviceId, { seconds }] of this.#peers) {
			if (current.remotes.some((remote) => remote.deviceId === peerDeviceId)) continue;
			this.#peers.delete(peerDeviceId);
			samples.push(...sampleOf(peerDeviceId, seconds, now));
		}
		return samples.length > 0 ? { at, samples } : null;
	}

	/** Ends what is not whole yet: the call is over, or the page goes. */
	finish(now: number): Taken | null {
		const at = this.#at;
		const samples = [...this.#peers].flatMap(([peerDeviceId, { seconds }]) =>
			sampleOf(peerDeviceId, seconds.splice(0), now)
		);
		this.#peers.clear();
		return at && samples.length > 0 ? { at, samples } : null;
	}

	/** From the first moment of a connection on, and on while it is interrupted. */
	#gather(remote: RemoteView): Gathering | undefined {
		const { deviceId, status } = remote;
		const connected = status?.connectionState === 'connected';
		const known = this.#peers.get(deviceId);
		if (!known && !connected) return undefined;
		const gathering = known ?? { seconds: [], status: null };
		this.#peers.set(deviceId, gathering);
		// The same interval is seen again with each change of anything else.
		if (status?.counts && status.counts !== gathering.status?.counts) {
			gathering.seconds.push({ counts: status.counts, down: !connected, remote });
		}
		gathering.status = status;
		return gathering;
	}
}

const lasting = ({ seconds }: Gathering): number => seconds.reduce((total, one) => total + one.counts.ms, 0);

/** @returns one sample, or none of nothing */
function sampleOf(peerDeviceId: string, seconds: Gathering['seconds'], until: number): TakenSample[] {
	const last = seconds.at(-1)?.remote;
	if (!last) return [];
	const sum = (field: keyof MediaCounts, of = seconds) =>
		of.reduce((total, { counts }) => total + counts[field], 0);
	const seen = seconds.filter(({ remote }) => remote.cameraEnabled && !remote.unseen);
	const measured = (field: 'roundTripMs' | 'jitterMs' | 'voiceJitterMs') =>
		seconds.map(({ remote }) => remote.status?.[field] ?? null);
	// A page that slept has an interval as long as its sleep.
	const ms = sum('ms');
	const overMs = bounded(ms, 60_000);
	const perSecond = (count: number, of = ms) => (count * 1_000) / Math.max(1, of);
	const roundTripMs = mean(measured('roundTripMs'));
	const jitterMs = mean(measured('voiceJitterMs')) ?? mean(measured('jitterMs'));
	return [
		{
			peerDeviceId,
			until,
			overMs: Math.max(1, overMs),
			downMs: Math.min(
				overMs,
				sum(
					'ms',
					seconds.filter(({ down }) => down)
				)
			),
			roundTripMs: roundTripMs === null ? null : bounded(roundTripMs, 60_000),
			lossInPercent: share(sum('packetsLost'), sum('packetsDue')),
			lossOutPercent: share(sum('packetsLostThere'), sum('packetsSent')),
			kbitIn: bounded(perSecond(sum('bytesReceived') * 8) / 1_000, 10_000_000),
			kbitOut: bounded(perSecond(sum('bytesSent') * 8) / 1_000, 10_000_000),
			framesPerSecond:
				seen.length === 0 ? null : bounded(perSecond(sum('framesDecoded', seen), sum('ms', seen)), 1_000),
			jitterMs: jitterMs === null ? null : bounded(jitterMs, 60_000),
			path: last.status?.path ?? null,
			restarts: last.status?.restarts ?? 0
		}
	];
}

const bounded = (value: number, most: number): number => Math.min(most, Math.round(value));
