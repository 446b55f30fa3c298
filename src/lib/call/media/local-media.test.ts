import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { devicesOf, fake, FakeStream, open } from './local-media-fixture';

const BOTH = { microphone: true, camera: true };

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

test.each<[error: string | { name: string; message: string }, reason: string]>([
	['NotAllowedError', 'denied'],
	[{ name: 'NotAllowedError', message: 'Permission denied by system' }, 'denied-by-system'],
	['NotFoundError', 'missing'],
	['NotReadableError', 'in-use'],
	['AbortError', 'failed']
])('a camera that fails with %j is %s, and the microphone opens all the same', async (video, reason) => {
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
	expect(devices.asked.at(-1)).toEqual({ video: {} });
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
	expect(onChange).toHaveBeenCalled();
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

test('what the system holds back is said while it does, and only of what is on', async () => {
	const { media, onChange } = open(devicesOf());
	await media.open(BOTH);
	onChange.mockClear();
	fake(media.tracks.audio).holdBack(true);
	expect(media.problems).toEqual([{ device: 'microphone', reason: 'held-back' }]);
	expect(onChange).toHaveBeenCalledTimes(1);
	await media.setMicrophone(false);
	expect(media.problems).toEqual([]);
	await media.setMicrophone(true);
	fake(media.tracks.audio).holdBack(false);
	expect(media.problems).toEqual([]);
});

test('a camera that is held back is opened anew when its person tries again', async () => {
	const devices = devicesOf();
	const { media } = open(devices);
	await media.open(BOTH);
	const before = media.tracks.video;
	fake(before).holdBack(true);
	await media.setCamera(true);
	expect(fake(before).stopped).toBe(true);
	expect(media.tracks.video).not.toBe(before);
	expect(media.problems).toEqual([]);
});
