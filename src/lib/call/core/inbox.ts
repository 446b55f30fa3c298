import { z } from 'zod';
import { callSnapshot, ringSetting } from './snapshot';
import { cursor, deliveredSignal } from './signal';

/** A room as one of its members sees it in lists. */
export const roomHead = z.object({
	id: z.uuid(),
	kind: z.enum(['group', 'direct']),
	name: z.string(),
	role: z.enum(['owner', 'member']),
	/** The number of its newest message (0: none yet). */
	lastN: z.int().nonnegative(),
	/** The number of the newest message that this member has seen. */
	lastRead: z.int().nonnegative(),
	ring: ringSetting,
	/** When its name or members changed last, Unix milliseconds: to be asked for again by whoever shows them. */
	membersChangedAt: z.int()
});
export type RoomHead = z.infer<typeof roomHead>;

/** What a room's messages tell of a call that is over. The same for everybody: of a busy callee it says `missed`. */
export const callLine = z.object({
	id: z.uuid(),
	kind: z.enum(['audio', 'video']),
	endReason: z.enum(['failed', 'completed', 'cancelled', 'declined', 'missed']),
	/** From the first answer to the end, milliseconds; null when nobody answered. */
	durationMs: z.int().nonnegative().nullable()
});
export type CallLine = z.infer<typeof callLine>;

export const roomMessage = z.object({
	/** Chosen by the author's client: sending the same id again changes nothing. */
	id: z.uuid(),
	roomId: z.uuid(),
	/** 1, 2, … within the room, without holes. */
	n: z.int().positive(),
	authorId: z.uuid(),
	authorName: z.string(),
	/** Empty for the line of a call. */
	body: z.string(),
	createdAt: z.int(),
	/** The call that this line tells of; its author is who called. */
	call: callLine.nullable()
});
export type RoomMessage = z.infer<typeof roomMessage>;

/** What only this person sees of themselves. */
export const standing = z.object({
	/** Missed calls not yet looked at. */
	missedCount: z.int().nonnegative(),
	/** Until then, by the server's clock, no call rings; null: calls ring. */
	doNotDisturbUntil: z.int().nullable()
});
export type Standing = z.infer<typeof standing>;

/** Everything a viewer needs to be right again. What is absent here has ended for it. */
export const viewerState = z.object({
	/** The server's clock, Unix milliseconds: timers are drawn against it. */
	serverNow: z.int(),
	calls: z.array(callSnapshot),
	rooms: z.array(roomHead),
	...standing.shape
});
export type ViewerState = z.infer<typeof viewerState>;

/** One item of a device's stream. Every one is sent with an event id (`epoch:seq:k`). */
export const inboxItem = z.discriminatedUnion('type', [
	/** The first item of every (re)subscription. */
	z.object({ type: z.literal('state'), state: viewerState }),
	z.object({ type: z.literal('call'), call: callSnapshot }),
	z.object({ type: z.literal('standing'), ...standing.shape }),
	/** A room is new, renamed, or at another N; `message` is there when it is short enough to bring. */
	z.object({ type: z.literal('room'), room: roomHead, message: roomMessage.nullable() }),
	/** This viewer is not in that room any more. */
	z.object({ type: z.literal('room-gone'), roomId: z.uuid() }),
	z.object({ type: z.literal('signal'), signal: deliveredSignal }),
	/** The mailbox begins anew: unread signals of earlier epochs are void. */
	z.object({ type: z.literal('epoch'), epoch: z.int().positive() })
]);
export type InboxItem = z.infer<typeof inboxItem>;

/** What a poll answers: the same news, by the same cursor. `state` is null when `stateTag` still fits. */
export const inboxPage = z.object({
	/** The cursor after `signals`; its epoch is the mailbox's own. */
	cursor,
	signals: z.array(deliveredSignal),
	state: viewerState.nullable(),
	stateTag: z.string()
});
export type InboxPage = z.infer<typeof inboxPage>;
