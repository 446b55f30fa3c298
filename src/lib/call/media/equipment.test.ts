import { expect, test, vi } from 'vitest';
import { createEquipment } from './equipment';

const HEADSET = { id: 'h', label: 'Headset' };

function world({ source = true } = {}) {
	const page = new EventTarget();
	const kept = new Map<string, string>();
	const enumerateDevices = vi.fn(async (): Promise<MediaDeviceInfo[]> => []);
	const mediaDevices = Object.assign(new EventTarget(), { enumerateDevices });
	const equipment = createEquipment({
		source: () => (source ? mediaDevices : undefined),
		storage: () => ({
			getItem: (key) => kept.get(key) ?? null,
			setItem: (key, value) => void kept.set(key, value)
		}),
		window: () => page as Window
	});
	const heard = vi.fn();
	equipment.listen(heard);
	return { equipment, enumerateDevices, mediaDevices, page, kept, heard };
}
const microphone = (deviceId: string) =>
	({ kind: 'audioinput', deviceId, label: deviceId }) as MediaDeviceInfo;

test('what is plugged in is followed, until it is closed', async () => {
	const { equipment, enumerateDevices, mediaDevices, heard } = world();
	const close = equipment.open();
	enumerateDevices.mockResolvedValueOnce([microphone('a')]);
	mediaDevices.dispatchEvent(new Event('devicechange'));
	await vi.waitFor(() => expect(equipment.list.microphone).toEqual([{ id: 'a', label: 'a' }]));
	expect(heard.mock.lastCall?.[0]).toMatchObject({ before: { microphone: [] }, chosen: [] });
	close();
	const { length } = enumerateDevices.mock.calls;
	mediaDevices.dispatchEvent(new Event('devicechange'));
	expect(enumerateDevices).toHaveBeenCalledTimes(length);
});

test('of two looks the one begun last counts, whichever answers last', async () => {
	const { equipment, enumerateDevices } = world();
	let answer = (_infos: MediaDeviceInfo[]) => {};
	enumerateDevices.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
	const first = equipment.refresh();
	enumerateDevices.mockResolvedValueOnce([microphone('new')]);
	await equipment.refresh();
	answer([microphone('old')]);
	await first;
	expect(equipment.list.microphone).toMatchObject([{ id: 'new' }]);
});

test('a choice is told by kind, and is what other tabs read', () => {
	const { equipment, kept, page, heard } = world();
	equipment.change({ microphone: HEADSET, joinWithCamera: false });
	expect(heard.mock.lastCall?.[0]).toMatchObject({ chosen: ['microphone'] });
	equipment.open();
	const [[key, text] = ['', '']] = kept;
	kept.set(key, text.replace('"camera":null', '"camera":{"id":"w","label":"Webcam"}'));
	page.dispatchEvent(new Event('storage'));
	expect(equipment.choice).toMatchObject({ microphone: HEADSET, camera: { id: 'w' }, joinWithCamera: false });
	expect(heard.mock.lastCall?.[0]).toMatchObject({ chosen: ['camera'] });
});

test('a page without devices has none, and nothing fails', async () => {
	const { equipment } = world({ source: false });
	equipment.open();
	await equipment.refresh();
	expect(equipment.list).toEqual({ microphone: [], camera: [], speaker: [] });
});
