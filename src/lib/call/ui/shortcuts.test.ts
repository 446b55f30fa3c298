import { expect, test } from 'vitest';
import { actionFor, type KeyPress, type ShortcutAction, type ShortcutState } from './shortcuts';

const PRESS: KeyPress = {
	type: 'down',
	where: 'page',
	key: '',
	code: '',
	repeat: false,
	shiftKey: false,
	ctrlKey: false,
	altKey: false,
	metaKey: false,
	isComposing: false,
	defaultPrevented: false
};
const MUTED: ShortcutState = { microphoneEnabled: false, talking: false };
const ON: ShortcutState = { microphoneEnabled: true, talking: false };
const TALKING: ShortcutState = { microphoneEnabled: true, talking: true };
const SPACE = { key: ' ', code: 'Space' };

test.each<[title: string, press: Partial<KeyPress>, state: ShortcutState, action: ShortcutAction | null]>([
	['M', { key: 'm', code: 'KeyM' }, ON, 'microphone'],
	['M with caps lock', { key: 'M', code: 'KeyM' }, ON, 'microphone'],
	['C', { key: 'c', code: 'KeyC' }, ON, 'camera'],
	['F', { key: 'f', code: 'KeyF' }, ON, 'full'],
	['Shift and F', { key: 'F', code: 'KeyF', shiftKey: true }, ON, null],
	['Shift and L', { key: 'L', code: 'KeyL', shiftKey: true }, ON, 'leave'],
	['?', { key: '?', code: 'Slash', shiftKey: true }, ON, 'help'],
	['M on a Cyrillic keyboard', { key: 'ь', code: 'KeyM' }, ON, 'microphone'],
	['M where the keyboard has it elsewhere', { key: 'm', code: 'Semicolon' }, ON, 'microphone'],
	['the key at M’s place of another Latin keyboard', { key: ',', code: 'KeyM' }, ON, null],
	['H', { key: 'h', code: 'KeyH' }, ON, 'hand'],
	['H while one writes', { key: 'h', code: 'KeyH', where: 'apart' }, ON, null],
	['L alone', { key: 'l', code: 'KeyL' }, ON, null],
	['M on a button', { key: 'm', code: 'KeyM', where: 'control' }, ON, 'microphone'],
	['M while one writes', { key: 'm', code: 'KeyM', where: 'apart' }, ON, null],
	['M held', { key: 'm', code: 'KeyM', repeat: true }, ON, null],
	['M that somebody took already', { key: 'm', code: 'KeyM', defaultPrevented: true }, ON, null],
	['M of a composition', { key: 'm', code: 'KeyM', isComposing: true }, ON, null],
	['Control and C', { key: 'c', code: 'KeyC', ctrlKey: true }, ON, null],
	['Alt and C', { key: 'c', code: 'KeyC', altKey: true }, ON, null],
	['Meta and M', { key: 'm', code: 'KeyM', metaKey: true }, ON, null],
	['Space while muted', SPACE, MUTED, 'talk'],
	['Space held on', { ...SPACE, repeat: true }, TALKING, 'talk'],
	['Space with the microphone on: the page scrolls', SPACE, ON, null],
	['Space on a button presses it', { ...SPACE, where: 'control' }, MUTED, null],
	['Space while one writes', { ...SPACE, where: 'apart' }, MUTED, null],
	['Space let go', { ...SPACE, type: 'up' }, TALKING, 'stop-talking'],
	[
		'Space let go somewhere else, with Control',
		{ ...SPACE, type: 'up', where: 'apart', ctrlKey: true },
		TALKING,
		'stop-talking'
	],
	['Space let go that was no shortcut', { ...SPACE, type: 'up' }, ON, null],
	['another key let go', { key: 'm', code: 'KeyM', type: 'up' }, TALKING, null]
])('%s', (_title, press, state, action) => {
	expect(actionFor({ ...PRESS, ...press }, state)).toBe(action);
});
