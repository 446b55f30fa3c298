import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemberPresence } from '../core/presence';
import type { CallSnapshot, InviteState } from '../core/snapshot';
import { annCalls, HERE, later, world } from './call-session-world';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** I call Bob and Cem. */
function iCall(
	version: number,
	invites: Record<'bob' | 'cem', InviteState>,
	shape: Partial<CallSnapshot> = {}
): CallSnapshot {
	const { participants, ...call } = annCalls({ version, devices: [HERE] });
	const [person] = participants;
	if (!person) throw new Error('no participant');
	return {
		...call,
		callerId: 'me',
		hostId: 'me',
		participants: [
			{ ...person, userId: 'me', displayName: 'Me' },
			...(['bob', 'cem'] as const).map((userId) => ({
				...person,
				userId,
				displayName: userId,
				role: 'callee' as const,
				invite: invites[userId]
			}))
		],
		...shape
	};
}

const found = (people: Record<string, MemberPresence['presence']>): MemberPresence[] =>
	Object.entries(people).map(([userId, presence]) => ({ userId, presence, lastSeenAt: null }));

const BOTH_RING = { bob: 'ringing', cem: 'ringing' } as const;

async function calling() {
	const here = world();
	here.tell({ type: 'device', deviceId: HERE });
	here.server.presence.mockResolvedValue(found({ me: 'in-call', bob: 'offline', cem: 'online' }));
	here.server.start.mockResolvedValueOnce(iCall(1, BOTH_RING));
	await here.session.actions.start('room-a', 'video');
	await vi.advanceTimersByTimeAsync(0);
	return { ...here, offline: () => here.session.view.current?.offline };
}

test('while a call of ours rings, it is known who is not there to hear it; nobody asks before or afterwards', async () => {
	const { session, server, tell, offline } = await calling();
	expect(session.view.current?.stage).toBe('outgoing');
	expect(server.presence.mock.calls[0]?.[0]).toBe('room-a');
	expect(offline()).toEqual(['bob']);

	server.presence.mockResolvedValue(found({ bob: 'online', cem: 'offline' }));
	await vi.advanceTimersByTimeAsync(5_000);
	expect(offline()).toEqual(['cem']);

	const asked = server.presence.mock.calls.length;
	tell({
		type: 'call',
		call: iCall(2, { bob: 'accepted', cem: 'ringing' }, { phase: 'active', activeAt: 2 })
	});
	await vi.advanceTimersByTimeAsync(30_000);
	expect([session.view.current?.stage, offline(), server.presence.mock.calls.length]).toEqual([
		'joined',
		[],
		asked
	]);
});

test('who has answered in whatever way is not said to be offline', async () => {
	const { tell, offline } = await calling();
	tell({ type: 'call', call: iCall(2, { bob: 'busy', cem: 'ringing' }) });
	expect(offline()).toEqual([]);
});

test('cancelled, it asks no more, and what comes late is not heard', async () => {
	const { session, server } = await calling();
	const answer = later<MemberPresence[]>();
	server.presence.mockReturnValueOnce(answer.promise);
	await vi.advanceTimersByTimeAsync(5_000);
	const asked = server.presence.mock.calls.length;
	await session.actions.leave();
	const views = vi.fn();
	session.subscribe(views);
	answer.resolve(found({ bob: 'online' }));
	await vi.advanceTimersByTimeAsync(7_000);
	expect([server.presence.mock.calls.length, views.mock.calls.length]).toEqual([asked, 0]);
});

test('a question that fails says nothing of anybody, and takes nothing back at once', async () => {
	const { server, offline } = await calling();
	server.presence.mockRejectedValue(new Error('network'));
	await vi.advanceTimersByTimeAsync(14_000);
	expect(offline()).toEqual(['bob']);
	await vi.advanceTimersByTimeAsync(2_000);
	expect(offline()).toEqual([]);
});

test('somebody who is called rings, and asks after nobody', async () => {
	const { server, ringing } = world();
	ringing();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(server.presence).not.toHaveBeenCalled();
});
