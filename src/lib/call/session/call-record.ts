import { ratePeer, type PeerRating } from './peer-rating';
import type { PeerStatus, RemoteView, SessionView } from './view';

/** What a connection did in one second. */
export type Sample = Pick<
	PeerStatus,
	| 'roundTripMs'
	| 'packetLossPercent'
	| 'bitrateBps'
	| 'framesPerSecond'
	| 'jitterMs'
	| 'voiceJitterMs'
	| 'counts'
> & {
	/** Unix milliseconds on this device's clock. */
	readonly at: number;
};

/** Something that changed. Never an address, a description or a name: `device` numbers the others as they came. */
export type RecordEvent = { readonly at: number } & (
	| { readonly kind: 'link'; readonly rung: SessionView['link']['rung']; readonly why: string }
	| { readonly kind: 'came' | 'went'; readonly device: number }
	| { readonly kind: 'connection'; readonly device: number; readonly state: RTCPeerConnectionState }
	| { readonly kind: 'ice'; readonly device: number; readonly state: RTCIceConnectionState }
	/** A path is looked for anew; `restarts` counts them all. */
	| { readonly kind: 'restart'; readonly device: number; readonly restarts: number }
	| { readonly kind: 'path'; readonly device: number; readonly path: NonNullable<PeerStatus['path']> }
	/** What does not come from there now; none: all of it comes again. */
	| { readonly kind: 'missing'; readonly device: number; readonly media: RemoteView['missing'] }
	| { readonly kind: 'trouble'; readonly why: string }
);

type RecordedDevice = {
	readonly number: number;
	readonly samples: readonly Sample[];
	/** Null while it cannot be told. */
	readonly rating: PeerRating | null;
};

/** What this page knows of its call's last minutes. */
export type CallRecord = {
	readonly callId: string;
	/** Others by device id, in the order in which they came; who went stays. */
	readonly devices: ReadonlyMap<string, RecordedDevice>;
	/** The newest last. */
	readonly events: readonly RecordEvent[];
};

/** Five minutes. */
export const MAX_SAMPLES = 300;
export const MAX_EVENTS = 100;
const SAMPLE_INTERVAL_MS = 1_000;

/** Before and after, of what is compared. */
type Seen = Pick<SessionView, 'link' | 'current'>;

/**
 * The record after one more look at the view. Nothing is recorded outside a call, and each call begins anew.
 *
 * @param before the view of the look before this one; null at the first
 * @param at Unix milliseconds on this device's clock
 */
export function record(
	last: CallRecord | null,
	before: Seen | null,
	now: Seen,
	at: number
): CallRecord | null {
	if (!now.current) return null;
	const callId = now.current.call.id;
	const isNew = last?.callId !== callId;
	const devices = new Map(isNew ? [] : last.devices);
	const was = isNew ? null : before;
	const events: RecordEvent[] = [];

	if (was?.link.rung !== now.link.rung)
		events.push({ at, kind: 'link', rung: now.link.rung, why: now.link.why });
	for (const remote of now.current.remotes) {
		const { deviceId, status } = remote;
		const known = devices.get(deviceId) ?? { number: devices.size + 1, samples: [], rating: null };
		const device = known.number;
		const earlier = was?.current?.remotes.find((one) => one.deviceId === deviceId);
		if (!earlier) events.push({ at, kind: 'came', device });
		// Before the states, which may be its doing.
		if (status && status.restarts > (earlier?.status?.restarts ?? 0))
			events.push({ at, kind: 'restart', device, restarts: status.restarts });
		if (status && status.connectionState !== earlier?.status?.connectionState)
			events.push({ at, kind: 'connection', device, state: status.connectionState });
		if (status && status.iceConnectionState !== earlier?.status?.iceConnectionState)
			events.push({ at, kind: 'ice', device, state: status.iceConnectionState });
		if (status?.path && status.path !== earlier?.status?.path)
			events.push({ at, kind: 'path', device, path: status.path });
		if (remote.missing.join() !== (earlier?.missing ?? []).join())
			events.push({ at, kind: 'missing', device, media: remote.missing });
		devices.set(deviceId, looked(known, remote, at));
	}
	for (const { deviceId } of was?.current?.remotes ?? []) {
		const gone = devices.get(deviceId);
		if (gone && !now.current.remotes.some((one) => one.deviceId === deviceId))
			events.push({ at, kind: 'went', device: gone.number });
	}
	const { trouble } = now.current;
	if (trouble !== null && trouble !== was?.current?.trouble)
		events.push({ at, kind: 'trouble', why: trouble });

	return { callId, devices, events: [...(isNew ? [] : last.events), ...events].slice(-MAX_EVENTS) };
}

/** A new sample, when one is due, and the rating that follows from it. */
function looked(
	known: RecordedDevice,
	{ status, cameraEnabled, unseen }: RemoteView,
	at: number
): RecordedDevice {
	const last = known.samples.at(-1);
	if (!status || (last && at - last.at < SAMPLE_INTERVAL_MS)) return known;
	const { roundTripMs, packetLossPercent, bitrateBps, jitterMs, voiceJitterMs, counts } = status;
	// Who shows no picture sends no frames, and where nobody looks none are sent: nothing is wrong with that.
	const framesPerSecond = cameraEnabled && !unseen ? status.framesPerSecond : null;
	const rates = { roundTripMs, packetLossPercent, bitrateBps, framesPerSecond, jitterMs, voiceJitterMs };
	const sample = { at, ...rates, counts };
	const samples = [...known.samples, sample].slice(-MAX_SAMPLES);
	const rating = status.connectionState === 'connected' ? ratePeer(known.rating, samples) : null;
	return { ...known, samples, rating };
}
