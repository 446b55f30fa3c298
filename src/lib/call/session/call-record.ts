import type { PeerStatus, SessionView } from './view';

/** What a connection did in one second. */
export type Sample = Pick<
	PeerStatus,
	'roundTripMs' | 'packetLossPercent' | 'bitrateBps' | 'framesPerSecond' | 'jitterMs'
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
	| { readonly kind: 'path'; readonly device: number; readonly path: NonNullable<PeerStatus['path']> }
	| { readonly kind: 'trouble'; readonly why: string }
);

/** What this page knows of its call's last minutes. */
export type CallRecord = {
	readonly callId: string;
	/** Others by device id, in the order in which they came; who went stays. */
	readonly devices: ReadonlyMap<string, { readonly number: number; readonly samples: readonly Sample[] }>;
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
		const known = devices.get(deviceId) ?? { number: devices.size + 1, samples: [] };
		const device = known.number;
		const earlier = was?.current?.remotes.find((one) => one.deviceId === deviceId);
		if (!earlier) events.push({ at, kind: 'came', device });
		if (status && status.connectionState !== earlier?.status?.connectionState)
			events.push({ at, kind: 'connection', device, state: status.connectionState });
		if (status && status.iceConnectionState !== earlier?.status?.iceConnectionState)
			events.push({ at, kind: 'ice', device, state: status.iceConnectionState });
		if (status?.path && status.path !== earlier?.status?.path)
			events.push({ at, kind: 'path', device, path: status.path });
		devices.set(deviceId, { ...known, samples: sampled(known.samples, status, at) });
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

function sampled(samples: readonly Sample[], status: PeerStatus | null, at: number): readonly Sample[] {
	const last = samples.at(-1);
	if (!status || (last && at - last.at < SAMPLE_INTERVAL_MS)) return samples;
	const { roundTripMs, packetLossPercent, bitrateBps, framesPerSecond, jitterMs } = status;
	const sample = { at, roundTripMs, packetLossPercent, bitrateBps, framesPerSecond, jitterMs };
	return [...samples, sample].slice(-MAX_SAMPLES);
}
