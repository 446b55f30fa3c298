import { expect, test } from 'vitest';
import { EQUIPMENT_KEY, keepChoice, readChoice, type EquipmentChoice } from './equipment-choice';

const DEFAULTS: EquipmentChoice = {
	microphone: null,
	camera: null,
	speaker: null,
	joinWithMicrophone: true,
	joinWithCamera: true,
	shortcuts: true,
	videoCodec: 'automatic'
};
const HEADSET = { id: 'h', label: 'Headset' };
const holding = (value: unknown) => () => ({
	getItem: () => (typeof value === 'string' ? value : JSON.stringify(value)),
	setItem: () => {}
});

test('what is kept is read again', () => {
	const kept = new Map<string, string>();
	const storage = () => ({
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value)
	});
	expect(readChoice(storage)).toEqual(DEFAULTS);
	const mine: EquipmentChoice = {
		...DEFAULTS,
		microphone: HEADSET,
		joinWithCamera: false,
		shortcuts: false,
		videoCodec: 'vp9'
	};
	keepChoice(mine, storage);
	expect([...kept.keys()]).toEqual([EQUIPMENT_KEY]);
	expect(readChoice(storage)).toEqual(mine);
});

test.each([
	['no JSON', 'Headset'],
	['another shape', [HEADSET]],
	['null', 'null'],
	['too long', { ...DEFAULTS, joinWithCamera: false, more: 'x'.repeat(4_000) }]
])('%s counts for nothing', (_title, value) => {
	expect(readChoice(holding(value))).toEqual(DEFAULTS);
});

test.each([
	['without an id', { label: 'Headset' }],
	['an empty id', { id: '', label: 'Headset' }],
	['a name too long', { id: 'h', label: 'x'.repeat(257) }],
	['a text', 'h']
])('a bad microphone (%s) costs the microphone only, and what is not ours goes', (_title, microphone) => {
	const value = { ...DEFAULTS, microphone, camera: HEADSET, joinWithCamera: false, evil: true };
	expect(readChoice(holding(value))).toEqual({ ...DEFAULTS, camera: HEADSET, joinWithCamera: false });
});

test('a codec that nobody offers counts for nothing', () => {
	const value = { ...DEFAULTS, shortcuts: false, videoCodec: 'vp8' };
	expect(readChoice(holding(value))).toEqual({ ...DEFAULTS, shortcuts: false });
});

test('a browser that forbids storage has the defaults, and is asked for nothing more', () => {
	const forbidden = () => {
		throw new DOMException('forbidden', 'SecurityError');
	};
	expect(readChoice(forbidden)).toEqual(DEFAULTS);
	expect(() => keepChoice(DEFAULTS, forbidden)).not.toThrow();
});
