import { lookAtFlow, type MediaFlow } from '../core/media-flow';
import type { DeviceSnapshot } from '../core/snapshot';

/** What is watched: a screen that stands still sends nothing, and rightly so. */
const WATCHED = ['audio', 'video'] as const;
export type WatchedLane = (typeof WATCHED)[number];

type MediaLook = {
	readonly connected: boolean;
	/** Nothing whatever has come over the connection since the last look. */
	readonly silent: boolean;
	/** Their picture is not sent, by our own wish. */
	readonly unseen: boolean;
	/** Packets of sound, or decoded frames of the picture, that this connection has brought. */
	readonly came: (lane: WatchedLane) => number;
};

/** Watches over what the other devices of a call say that they send. @param now Unix milliseconds */
export function createMediaWatch(now: () => number = Date.now) {
	const flows = new Map<string, Partial<Record<WatchedLane, MediaFlow>>>();
	return {
		/** About once a second. @returns whether another connection is to be opened for its sake */
		look(device: DeviceSnapshot, { connected, silent, unseen, came }: MediaLook): boolean {
			const known = flows.get(device.deviceId) ?? {};
			const sends = { audio: device.microphoneEnabled, video: device.cameraEnabled && !unseen };
			let renews = false;
			for (const lane of WATCHED) {
				const { flow, renew } = lookAtFlow(known[lane] ?? null, {
					at: now(),
					sends: sends[lane],
					connected: connected && device.presence === 'joined',
					silent,
					count: came(lane)
				});
				known[lane] = flow;
				renews ||= renew;
			}
			flows.set(device.deviceId, known);
			return renews;
		},
		/** What does not come from there though it should, and though another connection was tried. */
		missing(deviceId: string): readonly WatchedLane[] {
			return WATCHED.filter((lane) => flows.get(deviceId)?.[lane]?.missing);
		},
		forget(deviceId: string): void {
			flows.delete(deviceId);
		}
	};
}
