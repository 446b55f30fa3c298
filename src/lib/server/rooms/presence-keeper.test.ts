import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PresenceKeeper } from './presence-keeper';
import type { Told } from './presence-rows';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A keeper, and what a database would know from it. */
function world() {
	const statements: Told[] = [];
	const servers = new Map<string, Set<string>>();
	const errors: unknown[] = [];
	const ended: string[] = [];
	const database = { answers: async () => {} };
	const keeper = new PresenceKeeper({
		async write(told) {
			statements.push(told);
			await database.answers();
			const wasUnknown = !servers.has(told.serverId);
			const there = servers.get(told.serverId) ?? new Set();
			servers.set(told.serverId, there);
			for (const id of told.came) there.add(id);
			for (const id of told.gone) there.delete(id);
			return { wasUnknown };
		},
		async end(serverId) {
			servers.delete(serverId);
			ended.push(serverId);
		},
		onError: (error) => errors.push(error)
	});
	return {
		keeper,
		statements,
		servers,
		errors,
		ended,
		database,
		/** Who is there, by the server's word of last. */
		there: () => [...(servers.get(statements.at(-1)?.serverId ?? '') ?? [])].sort(),
		/** What was said since this was asked last: came, gone. */
		said: () => statements.splice(0).map(({ came, gone }) => [came.join(), gone.join()])
	};
}

const soon = () => vi.advanceTimersByTimeAsync(0);
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('an idle server says that it is alive, every 5 s, and with people on it makes no statement more', async () => {
	const { keeper, said } = world();
	keeper.start();
	await later(20_000);
	expect(said()).toEqual(Array.from({ length: 5 }, () => ['', '']));
	for (let i = 0; i < 1_000; i++) keeper.hold(`${i}`);
	await soon();
	expect(said()).toHaveLength(1); // that they came: all of them at once
	await later(20_000);
	expect(said()).toEqual(Array.from({ length: 4 }, () => ['', '']));
});

test('who comes is told at once; a second reader of theirs, and one that goes, is nothing new', async () => {
	const { keeper, said } = world();
	keeper.start();
	await soon();
	said();
	const first = keeper.hold('bob');
	await soon();
	expect(said()).toEqual([['bob', '']]);
	const second = keeper.hold('bob');
	first();
	first(); // twice counts once
	await later(4_900);
	expect(said()).toEqual([]);
	second();
	await later(3_900);
	expect(said()).toEqual([['', '']]);
	await later(100);
	expect(said()).toEqual([['', 'bob']]);
});

test('who comes back within 4 s was never gone, however often', async () => {
	const { keeper, said } = world();
	keeper.start();
	await soon();
	keeper.hold('bob')();
	for (let i = 0; i < 20; i++) {
		await later(3_900);
		keeper.hold('bob')();
	}
	const words = said();
	expect(words.filter(([came, gone]) => came || gone)).toEqual([['bob', '']]);
	await later(4_000);
	expect(said().at(-1)).toEqual(['', 'bob']);
});

test('what changes while a statement is under way goes with the next, all of it together', async () => {
	const { keeper, said, database, there } = world();
	keeper.start();
	await soon();
	said();
	let answer = () => {};
	database.answers = () => new Promise((resolve) => (answer = resolve));
	keeper.hold('ann');
	await soon();
	keeper.hold('bob');
	keeper.hold('cem');
	await soon();
	expect(said()).toEqual([['ann', '']]);
	database.answers = async () => {};
	answer();
	await soon();
	expect(said()).toEqual([['bob,cem', '']]);
	keeper.hold('dee');
	await soon();
	expect(there()).toEqual(['ann', 'bob', 'cem', 'dee']);
});

test('taken for dead and removed, it tells everybody again', async () => {
	const { keeper, servers, there } = world();
	keeper.start();
	keeper.hold('ann');
	keeper.hold('bob');
	await soon();
	servers.clear();
	await later(5_000); // it hears that nothing was known of it
	await later(1);
	expect(there()).toEqual(['ann', 'bob']);
});

test('without the database it tries once a second and says so once; then everybody is told under a new id', async () => {
	const { keeper, statements, errors, database, there, servers } = world();
	keeper.start();
	keeper.hold('ann');
	const gone = keeper.hold('bob');
	await soon();
	const [first] = servers.keys();
	database.answers = () => Promise.reject(new Error('away'));
	gone();
	statements.length = 0;
	await later(20_000);
	keeper.hold('cem');
	expect(statements.length).toBeLessThan(20);
	expect(errors).toHaveLength(1);
	database.answers = async () => {};
	await later(1_000);
	expect(there()).toEqual(['ann', 'cem']);
	expect(statements.at(-1)?.serverId).not.toBe(first);
	expect([...(servers.get(first ?? '') ?? [])]).toEqual(['ann', 'bob']); // lapses: nobody renews it
});

test('a statement that hangs is given up, and what it may still write cannot be in the way', async () => {
	const { keeper, database, there, statements, errors } = world();
	keeper.start();
	await soon();
	let answer = () => {};
	database.answers = () => new Promise((resolve) => (answer = resolve));
	const gone = keeper.hold('bob');
	gone();
	await soon();
	database.answers = async () => {};
	await later(10_000);
	expect(errors).toHaveLength(1);
	expect(there()).toEqual([]);
	answer(); // it comes through after all
	await soon();
	expect(there()).toEqual([]);
	expect(statements.at(-1)?.serverId).not.toBe(statements[1]?.serverId);
});

test('hanging connections are not piled up', async () => {
	const { keeper, database, statements } = world();
	keeper.start();
	await soon();
	database.answers = () => new Promise(() => {});
	statements.length = 0;
	await later(120_000);
	expect(statements).toHaveLength(2);
});

test('stopped, it takes its people with it and leaves no timer; what was never started says nothing', async () => {
	const { keeper, ended, said } = world();
	keeper.start();
	const gone = keeper.hold('bob');
	await soon();
	await keeper.stop();
	expect(ended).toHaveLength(1);
	said();
	gone();
	keeper.hold('cem');
	await later(30_000);
	expect([said(), vi.getTimerCount()]).toEqual([[], 0]);

	const idle = world();
	idle.keeper.hold('bob')();
	await later(10_000);
	await idle.keeper.stop();
	expect([idle.said(), idle.ended, vi.getTimerCount()]).toEqual([[], [], 0]);
});

test('whatever comes, goes, fails and hangs: once it is quiet, the database knows who is here', async () => {
	const step = fc.record({
		what: fc.constantFrom('come', 'come', 'go', 'go', 'fail', 'hang', 'heal', 'forget'),
		who: fc.integer({ min: 0, max: 3 }),
		afterMs: fc.constantFrom(0, 0, 100, 1_500, 3_999, 4_000, 6_000)
	});
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
			const { keeper, database, servers, there } = world();
			const readers: { who: string; release: () => void }[] = [];
			keeper.start();
			for (const { what, who, afterMs } of steps) {
				if (what === 'come') readers.push({ who: `${who}`, release: keeper.hold(`${who}`) });
				if (what === 'go') readers.splice(who, 1)[0]?.release();
				if (what === 'fail') database.answers = () => Promise.reject(new Error('away'));
				if (what === 'hang')
					database.answers = () => new Promise((resolve) => setTimeout(resolve, 1_000 + 4_000 * who));
				if (what === 'heal') database.answers = async () => {};
				if (what === 'forget') servers.clear();
				await later(afterMs);
			}
			database.answers = async () => {};
			await later(30_000);
			expect(there()).toEqual([...new Set(readers.map(({ who }) => who))].sort());
			await keeper.stop();
		}),
		{ numRuns: 200 }
	);
});
