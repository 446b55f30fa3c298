import { describe, expect, test } from 'vitest';
import type { InboxItem } from '../../src/lib/call/core/inbox';
import { inboxItem } from '../../src/lib/call/core/inbox';
import { eventId } from '../../src/lib/call/core/signal';
import { keyOf } from '../fixtures/product';
import { ann, annDevice, bob, bobDevice, media, product, roomId, startCall } from './people-fixture';

const body = (text: string) => Buffer.from(text).toString('base64');
const textOf = (base64: string) => Buffer.from(base64, 'base64').toString();

async function connect(): Promise<string> {
	const call = await startCall();
	await bob.api.calls.accept({ callId: call.id, deviceId: bobDevice, ...media });
	return call.id;
}

function send(callId: string, firstN: number, ...texts: string[]) {
	return ann.api.signals.send({
		callId,
		deviceId: annDevice,
		toDeviceId: bobDevice,
		firstN,
		signals: texts.map((text) => ({
			v: 1 as const,
			kind: 'candidates' as const,
			callVersion: 2,
			body: body(text)
		}))
	});
}

/** Bob's stream, read item by item; `until` answers the first item that fits. */
function follow(lastEventId?: string) {
	const stop = new AbortController();
	const viewer = { deviceId: bobDevice, userId: bob.userId, identityId: bob.identity.id };
	const items = product.services.inbox.follow(viewer, lastEventId, stop.signal);
	const ids: string[] = [];
	return {
		ids,
		async until<T extends InboxItem['type']>(type: T): Promise<Extract<InboxItem, { type: T }>> {
			for (;;) {
				const next = await items.next();
				if (next.done) throw new Error(`the stream ended before "${type}"`);
				expect(eventId.parse(next.value.id)).toBe(next.value.id);
				ids.push(next.value.id);
				const item = inboxItem.parse(next.value.item);
				if (item.type === type) return item as Extract<InboxItem, { type: T }>;
			}
		},
		async stop() {
			stop.abort();
			await items.return();
		}
	};
}

describe('the stream', () => {
	test('begins with the whole state, then brings calls, messages and missed counts as they come', async () => {
		const stream = follow();
		const { state } = await stream.until('state');
		expect(state.rooms.map((room) => room.name)).toEqual(['Ann']);
		expect(state.calls).toEqual([]);

		const call = await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'audio', ...media });
		expect((await stream.until('call')).call).toMatchObject({ id: call.id, phase: 'ringing' });

		await ann.api.messages.send({ roomId, id: crypto.randomUUID(), body: 'hello' });
		expect((await stream.until('room')).message?.body).toBe('hello');

		await ann.api.calls.leave({ callId: call.id, deviceId: annDevice });
		expect((await stream.until('call')).call.endReason).toBe('cancelled');
		expect((await stream.until('standing')).missedCount).toBe(1);
		await stream.stop();
	});

	test('brings signals in order, and resumes where it stopped', async () => {
		const callId = await connect();
		const stream = follow();
		await stream.until('state');
		await send(callId, 1, 'a', 'b');
		expect(textOf((await stream.until('signal')).signal.envelope.body)).toBe('a');
		const resumeFrom = stream.ids.at(-1);
		await stream.stop();

		await send(callId, 3, 'c');
		const again = follow(resumeFrom);
		await again.until('state');
		expect(textOf((await again.until('signal')).signal.envelope.body)).toBe('b');
		expect((await again.until('signal')).signal).toMatchObject({ seq: 3, fromDeviceId: annDevice });
		expect(new Set([...stream.ids, ...again.ids]).size).toBe(stream.ids.length + again.ids.length);
		await again.stop();
	});

	test('says so when the mailbox begins anew, and the snapshot carries the new epoch', async () => {
		const callId = await connect();
		const stream = follow();
		await stream.until('state');
		await send(callId, 1, 'lost');
		await product.services.calls.resetMailbox(bobDevice);
		expect((await stream.until('epoch')).epoch).toBe(2);
		const call = await ann.api.calls.get({ callId });
		expect(call.devices.find((device) => device.deviceId === bobDevice)?.epoch).toBe(2);
		// The mailbox knows the sender still: a repetition stays one.
		expect((await send(callId, 1, 'lost')).outcomes[0]?.status).toBe('repeated');
		await stream.stop();
	});

	test('ends when its session does', async () => {
		const stream = follow();
		await stream.until('state');
		const next = stream.until('call');
		product.bus.publish([`session:${bob.identity.id}`], { type: 'closed' });
		expect(await keyOf(next)).toBe('auth/session-expired');
	});

	test('a member who was removed sees the room go', async () => {
		const room = await ann.api.rooms.create({ name: 'Team' });
		const { code } = await ann.api.rooms.inviteCode({ roomId: room.id });
		await bob.api.rooms.join({ code });
		const stream = follow();
		await stream.until('state');
		await ann.api.rooms.removeMember({ roomId: room.id, userId: bob.userId });
		expect((await stream.until('room-gone')).roomId).toBe(room.id);
		await stream.stop();
	});
});

describe('the poll', () => {
	const poll = (input: { cursor?: { epoch: number; seq: number }; stateTag?: string; waitMs?: number }) =>
		bob.api.inbox.poll({ deviceId: bobDevice, cursor: { epoch: 1, seq: 0 }, ...input });

	test('answers the state once per change, and signals by the same cursor', async () => {
		const first = await poll({});
		expect(first.state?.rooms).toHaveLength(1);
		expect((await poll({ stateTag: first.stateTag })).state).toBeNull();

		const callId = await connect();
		const moved = await poll({ stateTag: first.stateTag });
		expect(moved.state?.calls.map((call) => call.id)).toEqual([callId]);

		await send(callId, 1, 'a', 'b');
		const page = await poll({ stateTag: moved.stateTag });
		expect(page.signals.map((signal) => textOf(signal.envelope.body))).toEqual(['a', 'b']);
		expect((await poll({ cursor: page.cursor, stateTag: page.stateTag })).signals).toEqual([]);
	});

	test('waits, and is woken by a signal', async () => {
		const callId = await connect();
		const { stateTag } = await poll({});
		const waiting = poll({ stateTag, waitMs: 20_000 });
		await send(callId, 1, 'now');
		expect((await waiting).signals).toHaveLength(1);
	});

	test('waits no longer than it was asked to', async () => {
		const { stateTag } = await poll({});
		const page = await poll({ stateTag, waitMs: 30 });
		expect([page.signals, page.state]).toEqual([[], null]);
	});

	test('a cursor of an epoch that is over starts the new one from its beginning', async () => {
		const callId = await connect();
		await send(callId, 1, 'lost');
		await product.services.calls.resetMailbox(bobDevice);
		await send(callId, 2, 'kept');
		const page = await poll({ cursor: { epoch: 1, seq: 1 } });
		expect(page.signals.map((signal) => [signal.epoch, signal.seq, textOf(signal.envelope.body)])).toEqual([
			[2, 1, 'kept']
		]);
	});

	test('bad cursors are refused', async () => {
		expect(await keyOf(poll({ cursor: { epoch: 0, seq: 0 } }))).toBe('input/invalid');
		expect(await keyOf(poll({ cursor: { epoch: 1, seq: -1 } }))).toBe('input/invalid');
		expect(await keyOf(poll({ waitMs: 10 ** 9 }))).toBe('input/invalid');
	});
});
