import { and, eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockCall } from '../../src/lib/server/calls/call-rows';
import { callParticipants, calls } from '../../src/lib/server/db/schema';
import { keyOf, testProduct, type Person, type Product } from '../fixtures/product';
import { checkCall } from '../simulation/invariants';

/** Requests at the same moment, from several devices to two servers on one database. */
const SCHEDULES = process.env.LONG ? 1_000 : 60;

/** What a request may be told, when another one was quicker. */
const REFUSALS = new Set([
	'(no failure)',
	'call/not-ringing',
	'call/already-answered',
	'call/over',
	'call/not-host',
	'call/not-a-participant',
	'call/removed',
	'call/not-found'
]);

let servers: [Product, Product];
let people: [Person, Person, Person];
/** Two of Ann, two of Bob, one of Cat. */
let pages: { owner: number; id: string }[];

beforeAll(async () => {
	const first = await testProduct();
	servers = [first, await testProduct({}, first)];
	people = [await first.person('Ann'), await first.person('Bob'), await first.person('Cat')];
	pages = [];
	for (const owner of [0, 0, 1, 1, 2]) {
		pages.push({ owner, id: (await people[owner]!.api.inbox.open()).deviceId });
	}
	// Every write of a call is looked at where it happens.
	await first.database.db.execute(sql`
		create function check_call() returns trigger language plpgsql as $$
		begin
			if old.phase = 'ended' then raise exception 'an ended call moved'; end if;
			if new.version not in (old.version, old.version + 1) then raise exception 'a version jumped'; end if;
			if old.phase = 'active' and new.phase = 'ringing' then raise exception 'it rings again'; end if;
			return new;
		end $$
	`);
	await first.database.db.execute(
		sql`create trigger check_call before update on calls for each row execute function check_call()`
	);
});
afterAll(async () => {
	await servers?.[1].close();
	await servers?.[0].close();
});

const MEDIA = { microphoneEnabled: true, cameraEnabled: false };

type Act = {
	does:
		| (
				| 'start'
				| 'accept'
				| 'join'
				| 'decline'
				| 'leave'
				| 'end'
				| 'connected'
				| 'deadline'
				| 'sweep'
				| 'stay'
		  )
		| ('mute' | 'remove' | 'hand-over' | 'lower-hand')
		| ('raise' | 'lower');
	page: number;
	server: 0 | 1;
};
const act: fc.Arbitrary<Act> = fc.record({
	does: fc.constantFrom(
		...(['start', 'start', 'accept', 'accept', 'accept', 'join', 'decline', 'decline'] as const),
		...(['leave', 'leave', 'end', 'connected', 'deadline', 'sweep', 'stay'] as const),
		...(['mute', 'remove', 'hand-over'] as const),
		...(['raise', 'raise', 'lower', 'lower-hand'] as const)
	),
	page: fc.nat(4),
	server: fc.constantFrom(0, 1)
});
/** What is in one group happens at once. */
const schedule = fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });

async function perform(roomId: string, { does, page, server }: Act): Promise<void> {
	const { services } = servers[server];
	const { owner, id: deviceId } = pages[page]!;
	const { userId } = people[owner]!;
	if (does === 'start') {
		await services.calls.start({ roomId, userId, deviceId, kind: 'video', ...MEDIA });
		return;
	}
	if (does === 'sweep') return void (await services.calls.sweepDeadlines());
	const [live] = await servers[0].database.db
		.select({ id: calls.id })
		.from(calls)
		.where(eq(calls.roomId, roomId))
		.orderBy(sql`started_at desc`)
		.limit(1);
	if (!live) return;
	const callId = live.id;
	switch (does) {
		case 'accept':
			await services.calls.accept({ callId, userId, deviceId, ...MEDIA });
			return;
		case 'join':
			await services.calls.join({ callId, userId, deviceId, replaces: null, ...MEDIA });
			return;
		case 'decline':
			return services.calls.decline(callId, userId);
		case 'leave':
			return services.calls.leave(callId, deviceId);
		case 'end':
			return services.calls.end(callId, userId);
		case 'stay':
			return services.calls.stay(callId, deviceId);
		case 'mute':
		case 'remove':
		case 'hand-over':
		case 'lower-hand': {
			const target = people[(owner + 1) % people.length]!;
			return services.calls.asHost(callId, { type: does, userId, targetId: target.userId });
		}
		case 'raise':
		case 'lower':
			return services.calls.setHand(callId, deviceId, does === 'raise');
		case 'connected':
			return services.calls.connected(callId, deviceId);
		case 'deadline':
			// Every ring runs out in this very moment. The call's lock first, as everybody takes it.
			await servers[0].database.db.transaction(async (tx) => {
				const call = await lockCall(tx, callId);
				if (!call?.participants.some(({ invite }) => invite === 'ringing')) return;
				await tx
					.update(callParticipants)
					.set({ ringUntil: sql`clock_timestamp()` })
					.where(and(eq(callParticipants.callId, callId), eq(callParticipants.invite, 'ringing')));
				await tx
					.update(calls)
					.set({ nextDeadlineAt: sql`clock_timestamp()` })
					.where(eq(calls.id, callId));
			});
			await services.calls.sweepDeadlines();
	}
}

/** Every call of the room, as the tables have it. */
async function callsOf(roomId: string) {
	const { db } = servers[0].database;
	const found = await db.select({ id: calls.id }).from(calls).where(eq(calls.roomId, roomId));
	return Promise.all(
		found.map(async ({ id }) => {
			const call = await db.transaction((tx) => lockCall(tx, id));
			if (!call) throw new Error('a call is gone');
			return call;
		})
	);
}

async function checkRoom(roomId: string): Promise<void> {
	const all = await callsOf(roomId);
	for (const call of all) checkCall(call);
	expect(all.filter(({ phase }) => phase !== 'ended').length).toBeLessThan(2);
	for (const call of all) {
		const seen = await Promise.all(
			servers.map(({ services }) => services.calls.get(call.id, people[0].userId))
		);
		expect(seen[0]).toEqual(seen[1]);
	}
}

test(
	`${SCHEDULES} random schedules of requests at the same moment break nothing`,
	{ timeout: 60_000 + SCHEDULES * 1_000 },
	async () => {
		const seen = new Map<string, number>();
		const ends = new Map<string, number>();
		await fc.assert(
			fc.asyncProperty(schedule, fc.boolean(), async (groups, three) => {
				const [ann, bob, cat] = people;
				const { id: roomId } = await ann.api.rooms.create({ name: 'A room' });
				const { code } = await ann.api.rooms.inviteCode({ roomId });
				await bob.api.rooms.join({ code });
				if (three) await cat.api.rooms.join({ code });
				const here = (page: number) => (three ? page : page % 4);
				await perform(roomId, { does: 'start', page: 0, server: 0 });
				for (const group of groups) {
					const keys = await Promise.all(
						group.map((one) => keyOf(perform(roomId, { ...one, page: here(one.page) })))
					);
					for (const [at, key] of keys.entries()) {
						// Whatever else happens in that moment: who presses the button is in a call, unless the host wants them out.
						if (group[at]?.does === 'start') expect(['(no failure)', 'call/removed']).toContain(key);
						expect(REFUSALS).toContain(key);
						seen.set(key, (seen.get(key) ?? 0) + 1);
					}
					await checkRoom(roomId);
				}
				for (const [page] of pages.entries()) {
					await keyOf(perform(roomId, { does: 'leave', page: here(page), server: 0 }));
				}
				await checkRoom(roomId);
				for (const call of await callsOf(roomId)) {
					expect(call.phase).toBe('ended');
					ends.set(call.endReason ?? '', (ends.get(call.endReason ?? '') ?? 0) + 1);
				}
			}),
			{ numRuns: SCHEDULES }
		);
		console.log(`${SCHEDULES} schedules`, seen, ends);
		// Schedules in which nobody is ever too late prove nothing.
		for (const key of ['(no failure)', 'call/already-answered', 'call/over']) {
			expect(seen.get(key) ?? 0, key).toBeGreaterThan(0);
		}
		for (const reason of ['failed', 'missed', 'cancelled']) {
			expect(ends.get(reason) ?? 0, reason).toBeGreaterThan(0);
		}
	}
);
