import { inboxItem, viewerState, type InboxItem, type ViewerState } from '../call/core/inbox';
import { cursor, deliveredSignal, eventId, parseEventId, type Cursor } from '../call/core/signal';
import { z } from 'zod';
import type { Entry } from './reader';

/** Something arrived that this version cannot read. Says where, never what: it may hold what somebody wrote. */
export type LinkProblem = {
	readonly what: 'stream item' | 'event id' | 'page' | 'signal' | 'state';
	readonly where: string;
};

export type Report = (problem: LinkProblem) => void;

export type Page = { cursor: Cursor; entries: Entry[]; state: ViewerState | null; stateTag: string };

const place = z.object({ epoch: deliveredSignal.shape.epoch, seq: deliveredSignal.shape.seq });

/** Where a stream item stands, and what it is; each null when it cannot be read. */
export function readItem(
	tracked: { id: unknown; data: unknown },
	report: Report
): { at: Cursor | null; item: InboxItem | null } {
	const id = eventId.safeParse(tracked.id);
	if (!id.success) report({ what: 'event id', where: '' });
	const item = inboxItem.safeParse(tracked.data);
	if (!item.success) report({ what: 'stream item', where: whereOf(item.error) });
	return { at: id.success ? parseEventId(id.data) : null, item: item.success ? item.data : null };
}

/**
 * A poll's page, with a place for each signal: one that cannot be read is passed over, or every later one would
 * wait behind it. A signal without a place leaves a hole, which the next read shows again. Null: it says not even how
 * far it goes.
 */
export function readPage(
	page: { cursor: unknown; signals: readonly unknown[]; state: unknown; stateTag: string },
	report: Report
): Page | null {
	const end = cursor.safeParse(page.cursor);
	if (!end.success) {
		report({ what: 'page', where: whereOf(end.error) });
		return null;
	}
	const entries = page.signals.flatMap((raw): Entry[] => {
		const parsed = deliveredSignal.safeParse(raw);
		if (parsed.success)
			return [{ at: { epoch: parsed.data.epoch, seq: parsed.data.seq }, signal: parsed.data }];
		report({ what: 'signal', where: whereOf(parsed.error) });
		const at = place.safeParse(raw);
		return at.success ? [{ at: at.data, signal: null }] : [];
	});
	const state = viewerState.nullable().safeParse(page.state);
	if (!state.success) report({ what: 'state', where: whereOf(state.error) });
	return {
		cursor: end.data,
		entries,
		state: state.success ? state.data : null,
		stateTag: page.stateTag
	};
}

function whereOf(error: z.ZodError): string {
	return error.issues[0]?.path.join('.') ?? '';
}
