import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { devicesOf, fake, FakeStream, open } from './local-media-fixture';

// Which device is opened, and what becomes of a call's devices as they are changed, pulled out and plugged in.

const BUILT_IN = { id: 'built-in', label: 'Built-in' };
const HEADSET = { id: 'headset', label: 'Headset' };
const LENS = { id: 'lens', label: 'Lens' };
const WEBCAM = { id: 'webcam', label: 'Webcam' };

beforeEach(() => vi.stubGlobal('MediaStream', FakeStream));
afterEach(() => vi.unstubAllGlobals());

async function inCall({ chosen = true } = {}) {
	const devices = devicesOf();
	devices.plugged = { microphone: [BUILT_IN, HEADSET], camera: [LENS, WEBCAM], speaker: [] };
	const world = open(devices);
	if (chosen) world.equipment.change({ microphone: HEADSET, camera: WEBCAM });
	await world.media.open({ microphone: true, camera: true });
	await world.equipment.refresh();
	return { ...world, devices };
}
type World = Awaited<ReturnType<typeof inCall>>;

/** Pulled out: the track ends, and the list lacks it; in either order. */
async function pullOut(
	{ media, plug }: World,
	order: 'list first' | 'end first' = 'end first'
): Promise<void> {
	const headset = fake(media.tracks.audio);
	if (order === 'end first') headset.onended?.();
	plug({ microphone: [BUILT_IN] });
	await Promise.resolve();
	await Promise.resolve();
	if (order === 'list first') headset.onended?.();
}

test('a browser that names its devices lets the page use them, and one that does not may ask first', async () => {
	const devices = devicesOf();
	devices.plugged = { microphone: [{ id: 'built-in', label: '' }], camera: [], speaker: [HEADSET] };
	const { media, equipment } = open(devices);
	await equipment.refresh();
	expect(media.permitted).toBe(false);
	devices.plugged = { microphone: [BUILT_IN], camera: [], speaker: [] };
	await equipment.refresh();
	expect(media.permitted).toBe(true);
});

test('the chosen ones are opened, in one question', async () => {
	const { media, devices } = await inCall();
	expect(devices.asked).toHaveLength(1);
	expect(devices.asked[0]).toMatchObject({
		audio: { deviceId: { exact: 'headset' }, echoCancellation: true },
		video: { deviceId: { exact: 'webcam' }, width: { ideal: 640 } }
	});
	expect([media.tracks.audio?.label, media.tracks.video?.label]).toEqual(['Headset', 'Webcam']);
});

test('one that is gone, though nothing was known of it: any other is opened until it is there', async () => {
	const devices = devicesOf();
	const { media, equipment, plug } = open(devices);
	equipment.change({ microphone: HEADSET, camera: WEBCAM });
	await equipment.refresh();
	devices.plugged = { microphone: [BUILT_IN], camera: [WEBCAM], speaker: [] };
	await media.open({ microphone: true, camera: true });
	await equipment.refresh();
	expect([media.tracks.audio?.label, media.tracks.video?.label]).toEqual(['Built-in', 'Webcam']);
	expect(media.problems).toEqual([]);
	plug({ microphone: [BUILT_IN, HEADSET] });
	await vi.waitFor(() => expect(media.tracks.audio?.label).toBe('Headset'));
});

test('one that is not there any more is not asked for', async () => {
	const devices = devicesOf();
	devices.plugged = { microphone: [BUILT_IN], camera: [LENS], speaker: [] };
	const { media, equipment } = open(devices);
	equipment.change({ microphone: HEADSET });
	await equipment.refresh();
	await media.open({ microphone: true, camera: false });
	expect(devices.asked[0]?.audio).not.toHaveProperty('deviceId');
	expect(media.tracks.audio?.label).toBe('Built-in');
});

test.each([true, false])(
	'another microphone in a call (on: %s): it goes on as it was, the old is let go',
	async (on) => {
		const { media, equipment, onNews } = await inCall({ chosen: false });
		await media.setMicrophone(on);
		const { stream, tracks } = media;
		equipment.change({ microphone: HEADSET });
		await vi.waitFor(() => expect(media.tracks.audio?.label).toBe('Headset'));
		expect(fake(tracks.audio).stopped).toBe(true);
		expect(media.tracks.audio?.enabled).toBe(on);
		expect(media.microphoneEnabled).toBe(on);
		expect(media.stream).toBe(stream);
		expect(stream?.getAudioTracks()).toEqual([media.tracks.audio]);
		expect(media.tracks.video).toBe(tracks.video);
		expect(onNews).not.toHaveBeenCalled();
	}
);

test('a camera that is off is not opened by being chosen; it is the one that opens later', async () => {
	const { media, equipment, devices } = await inCall({ chosen: false });
	await media.setCamera(false);
	equipment.change({ camera: WEBCAM });
	expect(devices.asked).toHaveLength(1);
	await media.setCamera(true);
	expect(media.tracks.video?.label).toBe('Webcam');
});

test('a camera turned off while another one opens stays off', async () => {
	const { media, equipment, devices } = await inCall({ chosen: false });
	const openGate = devices.hold();
	equipment.change({ camera: WEBCAM });
	await vi.waitFor(() => expect(devices.asked).toHaveLength(2));
	await media.setCamera(false);
	openGate();
	await media.setMicrophone(true);
	await vi.waitFor(() => expect(media.cameraEnabled).toBe(false));
	expect(media.tracks.video).toBeNull();
});

test('another camera that is in use elsewhere: it is said, the one before goes on, and trying again helps', async () => {
	const { media, equipment, devices } = await inCall({ chosen: false });
	devices.busy.add('webcam');
	equipment.change({ camera: WEBCAM });
	await vi.waitFor(() => expect(media.problems).toEqual([{ device: 'camera', reason: 'in-use' }]));
	expect(media.tracks.video?.label).toBe('Lens');
	expect(media.cameraEnabled).toBe(true);
	devices.busy.clear();
	await media.setCamera(true);
	expect(media.tracks.video?.label).toBe('Webcam');
	expect(media.problems).toEqual([]);
});

test('another camera that cannot be opened, and the first one chosen again: nothing is wrong any more', async () => {
	const { media, equipment, devices } = await inCall({ chosen: false });
	equipment.change({ camera: LENS });
	await vi.waitFor(() => expect(devices.asked).toHaveLength(2));
	devices.busy.add('webcam');
	equipment.change({ camera: WEBCAM });
	await vi.waitFor(() => expect(media.problems).toHaveLength(1));
	equipment.change({ camera: LENS });
	await vi.waitFor(() => expect(media.problems).toEqual([]));
	expect(media).toMatchObject({ cameraEnabled: true, tracks: { video: { label: 'Lens' } } });
});

test('a machine that opens one camera at a time changes all the same', async () => {
	const { media, equipment, devices } = await inCall({ chosen: false });
	const lens = fake(media.tracks.video);
	devices.busy.add('webcam');
	const stop = lens.stop.bind(lens);
	lens.stop = () => {
		stop();
		devices.busy.delete('webcam');
	};
	equipment.change({ camera: WEBCAM });
	await vi.waitFor(() => expect(media.tracks.video?.label).toBe('Webcam'));
	expect(media.problems).toEqual([]);
});

test('a camera that could not be opened: choosing another one opens that', async () => {
	const devices = devicesOf();
	devices.plugged = { microphone: [BUILT_IN], camera: [LENS, WEBCAM], speaker: [] };
	devices.busy.add('lens');
	const { media, equipment } = open(devices);
	await media.open({ microphone: true, camera: true });
	expect(media.problems).toEqual([{ device: 'camera', reason: 'in-use' }]);
	equipment.change({ camera: WEBCAM });
	await vi.waitFor(() => expect(media.cameraEnabled).toBe(true));
	expect(media).toMatchObject({ problems: [] });
});

test.each(['list first', 'end first'] as const)(
	'unplugged (%s): the default takes its place, with words',
	async (order) => {
		const world = await inCall();
		const { media, onNews } = world;
		await pullOut(world, order);
		await vi.waitFor(() => expect(onNews).toHaveBeenCalled());
		expect(onNews.mock.calls).toEqual([
			[{ type: 'replaced', device: 'microphone', was: 'Headset', now: 'Built-in' }]
		]);
		expect(media).toMatchObject({ microphoneEnabled: true, problems: [] });
		expect(media.tracks.audio?.label).toBe('Built-in');
	}
);

test('a muted microphone that is replaced is muted', async () => {
	const world = await inCall();
	await world.media.setMicrophone(false);
	await pullOut(world);
	await vi.waitFor(() => expect(world.onNews).toHaveBeenCalled());
	expect(world.media.microphoneEnabled).toBe(false);
	expect(world.media.tracks.audio).toMatchObject({ label: 'Built-in', enabled: false });
});

test('plugged in again, the chosen one is taken back', async () => {
	const world = await inCall();
	const { media, onNews, plug } = world;
	await pullOut(world);
	await vi.waitFor(() => expect(media.tracks.audio?.label).toBe('Built-in'));
	plug({ microphone: [BUILT_IN, HEADSET] });
	await vi.waitFor(() => expect(media.tracks.audio?.label).toBe('Headset'));
	await vi.waitFor(() =>
		expect(onNews).toHaveBeenLastCalledWith({ type: 'returned', device: 'microphone', now: 'Headset' })
	);
});

test('something else that is plugged in is left alone', async () => {
	const { media, plug, devices, equipment } = await inCall();
	plug({ microphone: [BUILT_IN, HEADSET, { id: 'third', label: 'Third' }] });
	await equipment.refresh();
	expect(devices.asked).toHaveLength(1);
	expect(media.tracks.audio?.label).toBe('Headset');
});

test('the last one unplugged: the call goes on without and says so once; plugged in again, it is on again', async () => {
	const { media, onNews, plug, equipment } = await inCall();
	plug({ camera: [] });
	fake(media.tracks.video).onended?.();
	await equipment.refresh();
	await equipment.refresh();
	expect(onNews.mock.calls).toEqual([[{ type: 'unplugged', device: 'camera', was: 'Webcam' }]]);
	expect(media).toMatchObject({ cameraEnabled: false, problems: [{ device: 'camera', reason: 'missing' }] });
	plug({ camera: [WEBCAM] });
	await vi.waitFor(() => expect(media).toMatchObject({ cameraEnabled: true, problems: [] }));
});

test('stopped in the browser’s own bar: it stays off, until its person wants it', async () => {
	const { media, onNews, devices, equipment } = await inCall();
	fake(media.tracks.video).onended?.();
	await equipment.refresh();
	expect(media).toMatchObject({ cameraEnabled: false, problems: [{ device: 'camera', reason: 'stopped' }] });
	expect(devices.asked).toHaveLength(1);
	expect(onNews).not.toHaveBeenCalled();
	await media.setCamera(true);
	expect(media).toMatchObject({ cameraEnabled: true, problems: [] });
});

test('after the call nothing is opened any more', async () => {
	const { media, devices, equipment, plug } = await inCall();
	media.close();
	equipment.change({ camera: LENS });
	plug({ microphone: [BUILT_IN] });
	await equipment.refresh();
	expect(devices.asked).toHaveLength(1);
});

test('a microphone is minded while it is muted, and no longer', async () => {
	const { media, minded, onNews } = await inCall();
	expect(minded).toEqual([]);
	await media.setMicrophone(false);
	expect(minded).toMatchObject([{ track: media.tracks.audio, stopped: false }]);
	minded[0]?.speak();
	expect(onNews).toHaveBeenCalledWith({ type: 'spoke-muted' });
	await media.setMicrophone(true);
	expect(minded).toMatchObject([{ stopped: true }]);
	await media.setMicrophone(false);
	media.close();
	expect(minded).toMatchObject([{ stopped: true }, { stopped: true }]);
});
