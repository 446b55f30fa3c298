export type DeviceKind = 'microphone' | 'camera';

/** What devices are opened with. `navigator.mediaDevices` is absent where the page was not served securely. */
export type Devices = Pick<MediaDevices, 'getUserMedia'> | null | undefined;

/** Why a device cannot be used. The call goes on with what there is. */
export type DeviceProblem = {
	readonly device: DeviceKind;
	readonly reason:
		| 'denied'
		/** By the system, whatever the browser allows. */
		| 'denied-by-system'
		| 'missing'
		| 'in-use'
		| 'insecure'
		/** It ended while it was in use, and is plugged in still: in the browser's bar, or by the system. */
		| 'stopped'
		/** Open, and the system lets nothing of it through just now: it is muted there, or another program has it. */
		| 'held-back'
		| 'failed';
};

/** Which device of each kind is to be opened; null for the system's own choice. */
export type DeviceIds = Readonly<Record<DeviceKind, string | null>>;

export type Opened = {
	readonly tracks: Readonly<Record<DeviceKind, MediaStreamTrack | null>>;
	readonly problems: readonly DeviceProblem[];
};

const WISHES: Record<DeviceKind, MediaTrackConstraints> = {
	microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
	camera: {
		width: { min: 320, ideal: 640, max: 1280 },
		height: { min: 240, ideal: 480, max: 720 },
		frameRate: { ideal: 30 }
	}
};

const ANY_DEVICE: DeviceIds = { microphone: null, camera: null };

/**
 * What is asked for, one after the other, until there is a device that can do it: the chosen one, then any; a camera that
 * can do none of our wishes still shows a face. A browser says that it has none before it asks the person. Exact,
 * because Chromium takes an ideal device for a hint, and gives another one.
 */
function wishesOf(kind: DeviceKind, id: string | null): readonly MediaStreamConstraints[] {
	const either = kind === 'microphone' ? [WISHES.microphone] : [WISHES.camera, {}];
	const chosen = id === null ? [] : either.map((wish) => ({ ...wish, deviceId: { exact: id } }));
	return [...chosen, ...either].map((wish) => (kind === 'microphone' ? { audio: wish } : { video: wish }));
}

/**
 * Opens what is wanted: together, so that a browser asks once, and each on its own when that fails, so that a
 * missing camera does not cost the microphone.
 */
export async function openDevices(
	devices: Devices,
	wanted: Readonly<Record<DeviceKind, boolean>>,
	ids: DeviceIds = ANY_DEVICE
): Promise<Opened> {
	const kinds = (['microphone', 'camera'] as const).filter((kind) => wanted[kind]);
	const tracks: Record<DeviceKind, MediaStreamTrack | null> = { microphone: null, camera: null };
	if (!devices) return { tracks, problems: kinds.map((device) => ({ device, reason: 'insecure' })) };

	if (kinds.length === 2) {
		try {
			const [microphone] = wishesOf('microphone', ids.microphone);
			const [camera] = wishesOf('camera', ids.camera);
			const stream = await devices.getUserMedia({ ...microphone, ...camera });
			return {
				tracks: { microphone: trackOf(stream, 'microphone'), camera: trackOf(stream, 'camera') },
				problems: []
			};
		} catch {
			// Which of the two it was, asking for each will tell.
		}
	}
	const problems: DeviceProblem[] = [];
	for (const device of kinds) {
		try {
			tracks[device] = await openOne(devices, device, ids[device]);
		} catch (error) {
			problems.push({ device, reason: reasonOf(error) });
		}
	}
	return { tracks, problems };
}

async function openOne(devices: NonNullable<Devices>, kind: DeviceKind, id: string | null) {
	let refusal: unknown;
	for (const wish of wishesOf(kind, id)) {
		try {
			return trackOf(await devices.getUserMedia(wish), kind);
		} catch (error) {
			refusal = error;
			if (nameOf(error) !== 'OverconstrainedError') break;
		}
	}
	throw refusal;
}

function trackOf(stream: MediaStream, kind: DeviceKind): MediaStreamTrack | null {
	const tracks = kind === 'microphone' ? stream.getAudioTracks() : stream.getVideoTracks();
	return tracks[0] ?? null;
}

/** W3C Media Capture, section 9.2.2: what getUserMedia fails with. */
function reasonOf(error: unknown): DeviceProblem['reason'] {
	switch (nameOf(error)) {
		case 'NotAllowedError':
		case 'SecurityError':
			// Chromium: "Permission denied by system".
			return error instanceof Error && /system/i.test(error.message) ? 'denied-by-system' : 'denied';
		case 'NotFoundError':
		case 'OverconstrainedError':
			return 'missing';
		case 'NotReadableError':
			return 'in-use';
		default:
			return 'failed';
	}
}

function nameOf(error: unknown): string {
	return error instanceof Error || error instanceof DOMException ? error.name : '';
}
