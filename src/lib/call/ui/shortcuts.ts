/** As `aria-keyshortcuts` wants them. */
export const KEYS = {
	microphone: 'M',
	camera: 'C',
	full: 'F',
	hand: 'H',
	leave: 'Shift+L',
	talk: 'Space',
	help: '?'
} as const;

/** A key, and where it was pressed. */
export type KeyPress = Pick<
	KeyboardEvent,
	| 'key'
	| 'code'
	| 'repeat'
	| 'shiftKey'
	| 'ctrlKey'
	| 'altKey'
	| 'metaKey'
	| 'isComposing'
	| 'defaultPrevented'
> & { readonly type: 'down' | 'up'; readonly where: KeyPlace };

/** `control`: something that Space presses or scrolls. `apart`: what takes every key for itself: text, dialogs, menus, lists. */
export type KeyPlace = 'page' | 'control' | 'apart';

export type ShortcutAction =
	'microphone' | 'camera' | 'full' | 'hand' | 'leave' | 'help' | 'talk' | 'stop-talking';

export type ShortcutState = {
	readonly microphoneEnabled: boolean;
	/** The microphone is on because Space is held. */
	readonly talking: boolean;
};

/**
 * Decides what a key does in a call; null is nothing, and then the browser has it. Never with Control, Alt or Meta: those
 * are the browser's and the system's.
 */
export function actionFor(
	press: KeyPress,
	{ microphoneEnabled, talking }: ShortcutState
): ShortcutAction | null {
	const isSpace = press.code === 'Space' || press.key === ' ';
	// Wherever it is let go, and whatever else is held by then: nobody talks on without knowing.
	if (press.type === 'up') return isSpace && talking ? 'stop-talking' : null;
	if (press.defaultPrevented || press.isComposing || press.ctrlKey || press.altKey || press.metaKey)
		return null;
	if (press.where === 'apart') return null;
	if (isSpace) {
		if (press.shiftKey || press.where === 'control') return null;
		// Held, it repeats: the page must not scroll meanwhile.
		return talking || !microphoneEnabled ? 'talk' : null;
	}
	if (press.repeat) return null;
	if (press.key === KEYS.help) return 'help';
	switch (`${press.shiftKey ? 'Shift+' : ''}${letterOf(press)}`) {
		case KEYS.microphone:
			return 'microphone';
		case KEYS.camera:
			return 'camera';
		case KEYS.full:
			return 'full';
		case KEYS.hand:
			return 'hand';
		case KEYS.leave:
			return 'leave';
		default:
			return null;
	}
}

/** On a keyboard without Latin letters, the one at that place. */
function letterOf({ key, code }: KeyPress): string {
	return /^[a-z]$/i.test(key) ? key.toUpperCase() : /^\p{L}$/u.test(key) ? code.replace(/^Key/, '') : '';
}

const APART =
	'textarea, select, [contenteditable]:not([contenteditable="false"]), [role="textbox"], [role="combobox"], ' +
	'[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
const TAKES_SPACE =
	'button, a[href], summary, label, audio[controls], video[controls], [role="button"], [role="log"], [tabindex="0"]';
/** Inputs in which one does not write. */
const NO_TEXT = ['checkbox', 'radio', 'range', 'button', 'submit', 'reset', 'color', 'file', 'image'];

export function placeOf(target: EventTarget | null): KeyPlace {
	if (!(target instanceof Element)) return 'page';
	if (target.closest(APART)) return 'apart';
	if (target instanceof HTMLInputElement) return NO_TEXT.includes(target.type) ? 'control' : 'apart';
	return target.closest(TAKES_SPACE) ? 'control' : 'page';
}
