import type { DeviceMedia } from '../core/call-state';
import type { CallServer, InCall } from './call-server';
import { insist } from './insist';

export type MediaTellingDeps = {
	readonly server: Pick<CallServer, 'setMedia'>;
	/** Null while this device is in no call. */
	readonly at: () => InCall | null;
	/** What reaches the others, as it is just now. */
	readonly sent: () => DeviceMedia;
	readonly isClosed: () => boolean;
};

export type MediaTelling = {
	/** What the server believes from now on: it was told on another way. */
	believed(told: DeviceMedia): void;
	/** Tells it what has changed, if anything has. One request at a time, and the last word wins. */
	tell(): Promise<void>;
};

/** Keeps the server's word on this device's microphone, camera and screen right. @param told what it believes at first */
export function createMediaTelling(deps: MediaTellingDeps, told: DeviceMedia): MediaTelling {
	let telling = false;

	return {
		believed(next) {
			told = next;
		},
		async tell() {
			if (telling) return;
			telling = true;
			for (let at = deps.at(); at && !deps.isClosed() && !sameMedia(deps.sent(), told); at = deps.at()) {
				const [place, sent] = [at, deps.sent()];
				try {
					await insist(() => deps.server.setMedia({ ...place, ...sent }), deps.isClosed);
					told = sent;
				} catch {
					break; // not in the call any more, or out of reach: the next renewal says it
				}
			}
			telling = false;
		}
	};
}

function sameMedia(a: DeviceMedia, b: DeviceMedia): boolean {
	return (
		a.microphoneEnabled === b.microphoneEnabled &&
		a.cameraEnabled === b.cameraEnabled &&
		a.screenEnabled === b.screenEnabled
	);
}
