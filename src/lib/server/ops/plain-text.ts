/**
 * What people wrote, made fit for a terminal: no character of it may move the cursor, colour anything, or turn the
 * direction of what follows. Names come from people, and from programs that checked nothing.
 */
export function plain(text: string): string {
	return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/gu, '�').replace(/\p{Cf}/gu, '');
}

/** JSON in one line, in which every such character is an escape. It reads back as the same values. */
export function plainJson(value: unknown): string {
	// JSON itself escapes only what is below U+0020; outside of strings it has none of these.
	return JSON.stringify(value).replace(/[\u007f-\u009f]|\p{Cf}|\p{Zl}|\p{Zp}/gu, (character) =>
		Array.from(
			{ length: character.length },
			(_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
		).join('')
	);
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Two cells wide in every terminal: East Asian wide and full-width characters, and emoji. */
const WIDE =
	/[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const NO_CELL = /^[\p{M}\p{Cf}]+$/u;

function cellsOf(grapheme: string): number {
	if (NO_CELL.test(grapheme)) return 0;
	return WIDE.test(grapheme) ? 2 : 1;
}

/** How many cells of a terminal this takes. */
export function widthOf(text: string): number {
	let width = 0;
	for (const { segment } of graphemes.segment(text)) width += cellsOf(segment);
	return width;
}

/** The text in at most so many cells; what was cut ends in an ellipsis. */
export function clip(text: string, cells: number): string {
	if (widthOf(text) <= cells) return text;
	let kept = '';
	let width = 0;
	for (const { segment } of graphemes.segment(text)) {
		width += cellsOf(segment);
		if (width > cells - 1) break;
		kept += segment;
	}
	return cells > 0 ? `${kept}…` : '';
}
