import { readItem, type Page, type Report } from './items';
import type { LadderEvent, StreamRung } from './ladder-state';
import type { LinkNews } from './link';
import * as readers from './reader';
import type { Registration } from './registration';

export type ArrivalsOptions = {
	emit(news: LinkNews): void;
	dispatch(event: LadderEvent): void;
	/** Hears of what arrived and could not be read. */
	report: Report;
	isCurrent(registration: Registration): boolean;
};

/** Makes news of what streams and polls bring. All rungs come here, so each signal is told once and in order. */
export class Arrivals {
	readonly #options: ArrivalsOptions;

	constructor(options: ArrivalsOptions) {
		this.#options = options;
	}

	takeItem(registration: Registration, rung: StreamRung, tracked: { id: unknown; data: unknown }): void {
		const { at, item } = readItem(tracked, this.#options.report);
		if (item?.type === 'state') {
			registration.stateTag = undefined;
			this.#options.dispatch({ type: 'stream-stands', rung });
		}
		if (item?.type === 'signal') {
			const { signal } = item;
			const entry = { at: { epoch: signal.epoch, seq: signal.seq }, signal };
			this.#read(registration, { type: 'entry', entry });
			return;
		}
		// The reader tells of epochs, once each.
		if (item && item.type !== 'epoch') this.#options.emit(item);
		const position = item?.type === 'epoch' ? { epoch: item.epoch, seq: 0 } : at;
		if (position) this.#read(registration, { type: 'position', at: position });
	}

	/** @param beside a stream stands: the poll only fills a hole, and its state may be older than what was pushed */
	takePage(
		registration: Registration,
		page: Page,
		beside: boolean
	): { news: 'signals' | 'state' | 'none'; hole: boolean } {
		const state = beside ? null : page.state;
		registration.stateTag = beside ? undefined : page.stateTag;
		if (state) this.#options.emit({ type: 'state', state });
		this.#read(registration, { type: 'page', cursor: page.cursor, entries: page.entries });
		return {
			news: page.entries.length > 0 ? 'signals' : state ? 'state' : 'none',
			hole: readers.hasHole(registration.reader)
		};
	}

	#read(registration: Registration, event: readers.ReaderEvent): void {
		const { emit, dispatch, isCurrent } = this.#options;
		if (!isCurrent(registration)) return;
		const { state, effects } = readers.transition(registration.reader, event);
		registration.reader = state;
		registration.acks.note(state.cursor);
		for (const effect of effects) {
			if (effect.type === 'read') dispatch({ type: 'hole-seen' });
			else if (effect.type === 'deliver') emit({ type: 'signal', signal: effect.signal });
			else emit(effect);
		}
	}
}
