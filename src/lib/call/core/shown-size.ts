import { assertNever, step, type Step } from './step';

/**
 * How large a page shows somebody's camera, as a class of height in device pixels; 0 where it does not show it. What is sent
 * follows it, so it need not be exact, and must not change with each pixel of a window that is drawn larger.
 */
export const SHOWN_SIZES = [0, 90, 180, 360, 720] as const;
export type ShownSize = (typeof SHOWN_SIZES)[number];
const LARGEST: ShownSize = 720;

/** A picture that is stretched by less than this looks as good. */
const STRETCHED = 1.25;
/** A camera's own shape: in a tile that is wider it is cut off above and below, and needs the pixels all the same. */
const PICTURE_SHAPE = 4 / 3;

/** @param width of the tile, in CSS pixels, which its picture fills @param pixelRatio device pixels for one of them */
export function sizeOfTile(width: number, height: number, pixelRatio: number): ShownSize {
	if (width <= 0 || height <= 0) return 0;
	const needed = Math.max(height, width / PICTURE_SHAPE) * pixelRatio;
	return SHOWN_SIZES.find((size) => size > 0 && size * STRETCHED >= needed) ?? LARGEST;
}

/** A tile that grows smaller, or goes, is soon back often enough: another layout, another tab for a moment. */
export const SMALLER_AFTER_MS = 1_500;

/**
 * What another device is told of how large we show its camera, and when: larger at once, smaller when it has been so for a
 * while. There is one timer, and starting it again replaces it.
 */
export type SizeTelling = {
	/** Null while there is no way to tell it, and while it has been told nothing: it sends as if its picture were large. */
	readonly told: ShownSize | null;
	/** Null while it is not known. */
	readonly shown: ShownSize | null;
	readonly open: boolean;
	/** Whether the timer runs. */
	readonly waiting: boolean;
};
export type SizeEvent =
	| { type: 'shown'; size: ShownSize }
	/** There is a way to tell it, or another one, by which nothing was told. */
	| { type: 'open' }
	/** There is none any more. */
	| { type: 'closed' }
	/** What was to be told last could not be handed over. */
	| { type: 'refused' }
	| { type: 'timer-due' };
type SizeEffect =
	{ type: 'tell'; size: ShownSize } | { type: 'start-timer'; afterMs: number } | { type: 'stop-timer' };

export const NOTHING_TOLD: SizeTelling = { told: null, shown: null, open: false, waiting: false };

type Next = Step<SizeTelling, SizeEffect>;

export function tellSize(state: SizeTelling, event: SizeEvent): Next {
	switch (event.type) {
		case 'shown':
			return decide({ ...state, shown: event.size });
		case 'open':
			return decide({ ...state, told: null, open: true });
		case 'closed': {
			const next = { ...state, told: null, open: false, waiting: false };
			return state.waiting ? step(next, { type: 'stop-timer' }) : step(next);
		}
		case 'refused':
			return wait({ ...state, told: null });
		case 'timer-due':
			// By then it may be as it was, or a timer from before.
			return state.waiting ? tell({ ...state, waiting: false }) : step(state);
		default:
			return assertNever(event);
	}
}

function decide(state: SizeTelling): Next {
	const { shown, told, open, waiting } = state;
	if (!open || shown === null) return step(state);
	if (told === null || shown > told) return tell(state);
	if (shown < told) return waiting ? step(state) : wait(state);
	return waiting ? step({ ...state, waiting: false }, { type: 'stop-timer' }) : step(state);
}

const wait = (state: SizeTelling): Next =>
	step({ ...state, waiting: true }, { type: 'start-timer', afterMs: SMALLER_AFTER_MS });

function tell(state: SizeTelling): Next {
	const { shown, waiting } = state;
	if (shown === null) return step(state);
	const next = { ...state, told: shown, waiting: false };
	return waiting
		? step(next, { type: 'stop-timer' }, { type: 'tell', size: shown })
		: step(next, { type: 'tell', size: shown });
}
