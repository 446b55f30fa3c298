export type DeviceKind = 'microphone' | 'camera';

/** What devices are opened with. `navigator.mediaDevices` is absent where the page was not served securely. */
export type Devices = Pick<MediaDevices, 'getUserMedia'> | null | undefined;

/** Why a device cannot be used. The call goes on with what there is. */
export type DeviceProblem = {
	readonly device: DeviceKind;
	readonly reason: 'denied' | 'missing' | 'in-use' | 'insecure' | 'failed';
};

export type Opened = {
	readonly tracks: Readonly<Record<DeviceKind, MediaStreamTrack | null>>;
	readonly problems: readonly DeviceProblem[];
};

const CONSTRAINTS = {
	microphone: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } },
	camera: {
		video: {
			width: { min: 320, ideal: 640, max: 1280 },
			height: { min: 240, ideal: 480, max: 720 },
			frameRate: { ideal: 30 }
		}
	}
} satisfies Record<DeviceKind, MediaStreamConstraints>;

/** A camera that can do none of that still shows a face: asked again without any wish. */
const ANY_CAMERA: MediaStreamConstraints = { video: true };

/**
 * Opens what is wanted: together, so that a browser asks once, and each on its own when that fails, so that a
 * missing camera does not cost the microphone.
 */
export async function openDevices(
	devices: Devices,
	wanted: Readonly<Record<DeviceKind, boolean>>
): Promise<Opened> {
	const kinds = (['microphone', 'camera'] as const).filter((kind) => wanted[kind]);
	const tracks: Record<DeviceKind, MediaStreamTrack | null> = { microphone: null, camera: null };
	if (!devices) return { tracks, problems: kinds.map((device) => ({ device, reason: 'insecure' })) };

	if (kinds.length === 2) {
		try {
			const stream = await devices.getUserMedia({ ...CONSTRAINTS.microphone, ...CONSTRAINTS.camera });
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
			tracks[device] = await openOne(devices, device);
		} catch (error) {
			problems.push({ device, reason: reasonOf(error) });
		}
	}
	return { tracks, problems };
}

async function openOne(devices: NonNullable<Devices>, kind: DeviceKind) {
	try {
		return trackOf(await devices.getUserMedia(CONSTRAINTS[kind]), kind);
	} catch (error) {
		if (kind === 'microphone' || nameOf(error) !== 'OverconstrainedError') throw error;
		return trackOf(await devices.getUserMedia(ANY_CAMERA), kind);
	}
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
			return 'denied';
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
