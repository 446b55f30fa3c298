import { expect, test } from 'vitest';
import { choosable, idToOpen, isListed, listDevices, plainLabel } from './device-list';

const info = (kind: MediaDeviceKind, deviceId: string, label: string) => ({ kind, deviceId, label });

test('what the browser lists, by kind', () => {
	const list = listDevices([
		info('audioinput', 'default', 'Default - Headset'),
		info('audioinput', 'h', 'Headset'),
		info('videoinput', 'w', 'Webcam'),
		info('audiooutput', 's', 'Speaker')
	]);
	expect(list.microphone.map(({ id }) => id)).toEqual(['default', 'h']);
	expect(choosable(list.microphone)).toEqual([{ id: 'h', label: 'Headset' }]);
	expect(list.camera).toEqual([{ id: 'w', label: 'Webcam' }]);
	expect(list.speaker).toEqual([{ id: 's', label: 'Speaker' }]);
});

test('before the person allowed anything nothing is known', () => {
	expect(listDevices([info('audioinput', '', ''), info('videoinput', '', '')])).toEqual({
		microphone: [],
		camera: [],
		speaker: []
	});
});

test('one without a name has a number', () => {
	expect(choosable([{ id: 'a', label: '' }])).toEqual([{ id: 'a', label: 'Number 1' }]);
});

const HEADSET = { id: 'h', label: 'Headset' };
test.each([
	['nothing chosen', null, [HEADSET], null],
	['there', HEADSET, [HEADSET], 'h'],
	['away', HEADSET, [{ id: 'x', label: 'Other' }], null],
	['at another socket', HEADSET, [{ id: 'h2', label: 'Headset' }], 'h2'],
	['nothing known yet: it may be there', HEADSET, [], 'h'],
	['two without names', { id: 'h', label: '' }, [{ id: 'x', label: '' }], null]
])('to open: %s', (_title, chosen, entries, id) => {
	expect(idToOpen(chosen, entries)).toBe(id);
});

test('the default that is another device now is not the one before', () => {
	const now = [{ id: 'default', label: 'Default - Built-in' }];
	expect(isListed(now, { id: 'default', label: 'Default - Headset' })).toBe(false);
	expect(isListed(now, { id: 'default', label: 'Default - Built-in' })).toBe(true);
});

test('labels are said as a person knows the device', () => {
	expect(plainLabel('Default - Headset')).toBe('Headset');
	expect(plainLabel('Headset - Default')).toBe('Headset - Default');
});
