import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLocalMedia } from './local-media';

class FakeTrack {
	enabled = true;
	stopped = false;
	onended: (() => void) | null = null;
	constructor(readonly kind: 'audio' | 'video') {}
	stop() {
		this.stopped = true;
	}
}

class FakeStream {
	tracks: FakeTrack[] = [];
	addTrack(track: FakeTrack) {
		this.tracks.push(track);
	}
	removeTrack(track: FakeTrack) {
		this.tracks = this.tracks.filter((each) => each !== track);
	}
	getAudioTracks() {
		return this.tracks.filter((track) => track.kind === 'audio');
	}
	getVideoTracks() {
		return this.tracks.filter((track) => track.kind === 'video');
	}
}

/** A machine's devices: what each of them fails with, and when they open. */
function devicesOf(faults: { audio?: string; video?: string } = {}) {
	const asked: MediaStreamConstraints[] = [];
	let gate = Promise.resolve();
	return {
		asked,
		faults,
		/** Nothing opens until the function returned is called. */
		hold() {
			let open = () => {};
			gate = new Promise((resolve) => (open = resolve));
			return open;
		},
		async getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
			asked.push(constraints);
			await gate;
			const stream = new FakeStream();
			for (const kind of ['audio', 'video'] as const) {
				if (!constraints[kind]) continue;
				const name = faults[kind];
				if (name) throw Object.assign(new Error('no device'), { name });
				stream.addTrack(new FakeTrack(kind));
			}
			return stream as unknown as MediaStream;
		}
	};
}

function open(devices: ReturnType<typeof devicesOf> | null) {
	const onChange = vi.fn();
	return { media: createLocalMedia({ devices, onChange }), onChange };
}

const BOTH = { microphone: true, camera: true };
const fake = (track: MediaStreamTrack | null) => track as unknown as FakeTrack;

beforeEach(() => vi.stubGlobal('MediaStream', FakeStream));
afterEach(() => vi.unstubAllGlobals());

test('both open in one question', async () => {
	const devices = devicesOf();
	const { media } = open(devices);
	await media.open(BOTH);
	expect(devices.asked).toHaveLength(1);
	expect(media).toMatchObject({ microphoneEnabled: true, cameraEnabled: true, problems: [] });
	expect(media.tracks.audio?.kind).toBe('audio');
	expect(media.tracks.video?.kind).toBe('video');
});

test.each<[error: string, reason: string]>([
	['NotAllowedError', 'denied'],
	['NotFoundError', 'missing'],
	['NotReadableError', 'in-use'],
	['AbortError', 'failed']
])('a camera that fails with %s is %s, and the microphone opens all the same', async (video, reason) => {
	const { media } = open(devicesOf({ video }));
	await media.open(BOTH);
	expect(media).toMatchObject({ microphoneEnabled: true, cameraEnabled: false });
	expect(media.problems).toEqual([{ device: 'camera', reason }]);
	expect(media.tracks.video).toBeNull();
});

test('with neither device we receive only', async () => {
	const { media } = open(devicesOf({ audio: 'NotFoundError', video: 'NotFoundError' }));
	await media.open(BOTH);
	expect(media.stream).toBeNull();
	expect(media.problems.map((problem) => problem.device)).toEqual(['microphone', 'camera']);
});

test('a page that was not served securely has no devices, and says so', async () => {
	const { media } = open(null);
	await media.open({ microphone: true, camera: false });
	expect(media.problems).toEqual([{ device: 'microphone', reason: 'insecure' }]);
});

test('a camera that can do nothing of what we wish is asked without wishes', async () => {
	const devices = devicesOf({ video: 'OverconstrainedError' });
	const { media } = open(devices);
	await media.open({ microphone: false, camera: true });
	expect(devices.asked.at(-1)).toEqual({ video: true });
	expect(media.problems).toEqual([{ device: 'camera', reason: 'missing' }]);
});

test('mute disables the track and keeps it', async () => {
	const { media } = open(devicesOf());
	await media.open(BOTH);
	const track = media.tracks.audio;
	await media.setMicrophone(false);
	expect(media.microphoneEnabled).toBe(false);
	expect(fake(track)).toMatchObject({ enabled: false, stopped: false });
	await media.setMicrophone(true);
	expect(media.tracks.audio).toBe(track);
	expect(fake(track).enabled).toBe(true);
});

test('camera off stops the device, on opens it anew, and the stream is the same object', async () => {
	const { media } = open(devicesOf());
	await media.open(BOTH);
	const { stream } = media;
	const first = media.tracks.video;
	await media.setCamera(false);
	expect(fake(first).stopped).toBe(true);
	expect(media.tracks.video).toBeNull();
	await media.setCamera(true);
	expect(media.tracks.video).not.toBe(first);
	expect(media.tracks.video).not.toBeNull();
	expect(media.stream).toBe(stream);
});

test('a camera that opens after it was turned off again is stopped', async () => {
	const devices = devicesOf();
	const { media } = open(devices);
	const openGate = devices.hold();
	const opening = media.setCamera(true);
	await vi.waitFor(() => expect(devices.asked).toHaveLength(1));
	await media.setCamera(false);
	openGate();
	await opening;
	expect(media.cameraEnabled).toBe(false);
	expect(media.tracks.video).toBeNull();
});

test('devices that open after the call was left are stopped', async () => {
	const devices = devicesOf();
	const { media, onChange } = open(devices);
	const openGate = devices.hold();
	const opening = media.open(BOTH);
	await vi.waitFor(() => expect(devices.asked).toHaveLength(1));
	media.close();
	openGate();
	await opening;
	expect(media.tracks).toEqual({ audio: null, video: null });
	expect(onChange).not.toHaveBeenCalled();
});

test('a person who muted while the microphone was opening is muted', async () => {
	const devices = devicesOf();
	const { media } = open(devices);
	const openGate = devices.hold();
	const opening = media.open(BOTH);
	await vi.waitFor(() => expect(devices.asked).toHaveLength(1));
	await media.setMicrophone(false);
	openGate();
	await opening;
	expect(media.microphoneEnabled).toBe(false);
	expect(media.tracks.audio?.enabled).toBe(false);
});

test('a device that is unplugged is reported, and turning it on again clears the problem', async () => {
	const { media, onChange } = open(devicesOf());
	await media.open(BOTH);
	onChange.mockClear();
	fake(media.tracks.video).onended?.();
	expect(onChange).toHaveBeenCalledOnce();
	expect(media).toMatchObject({ cameraEnabled: false, problems: [{ device: 'camera', reason: 'missing' }] });
	await media.setCamera(true);
	expect(media).toMatchObject({ cameraEnabled: true, problems: [] });
});

test('a microphone that was denied is asked for again when it is turned on', async () => {
	const devices = devicesOf({ audio: 'NotAllowedError' });
	const { media } = open(devices);
	await media.open({ microphone: true, camera: false });
	expect(media.microphoneEnabled).toBe(false);
	const { faults } = devices;
	delete faults.audio;
	await media.setMicrophone(true);
	expect(media).toMatchObject({ microphoneEnabled: true, problems: [] });
});
