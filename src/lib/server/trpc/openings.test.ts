import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Identity } from '../auth/accounts';
import { limitsTimes } from './limits';
import { createOpenings, type Opening } from './openings';

const DAY_MS = 86_400_000;

let expiry: Record<string, number | null>;
let listeners: Map<string, () => void>;
let announced: string[];
let openings: ReturnType<typeof createOpenings>;

beforeEach(() => {
	vi.useFakeTimers({ now: 0 });
	expiry = {};
	listeners = new Map();
	announced = [];
	openings = createOpenings({
		limits: limitsTimes(1),
		onIdentityOver(id, listener) {
			listeners.set(id, listener);
			return () => listeners.delete(id);
		},
		sessionExpiry: async (id) => {
			if (expiry[id] === undefined) throw new Error('the database is away');
			return expiry[id];
		},
		announceOver(id) {
			announced.push(id);
			listeners.get(id)?.();
		},
		onError: () => {}
	});
});
afterEach(() => vi.useRealTimers());

const somebody = (id: string, expiresAt: number | null = null): Identity => ({
	userId: `user of ${id}`,
	username: id,
	displayName: id,
	via: expiresAt === null ? 'token' : 'session',
	id,
	expiresAt
});

function open(identity: Identity | null, rest: Partial<Opening> = {}) {
	const log: string[] = [];
	const close = openings.open({
		kind: 'socket',
		identity,
		ip: '192.0.2.1',
		leave: () => void log.push('leave'),
		end: () => void log.push('end'),
		...rest
	});
	return { log, close };
}

describe('the end of a session', () => {
	test('ends what it holds open, and only that', () => {
		const [mine, other] = [open(somebody('a')), open(somebody('b'))];
		listeners.get('a')?.();
		expect([mine.log, other.log]).toEqual([['end'], []]);
	});

	test('is watched once, for as long as something is open', () => {
		const [one, two] = [open(somebody('a', DAY_MS)), open(somebody('a', DAY_MS))];
		one.close();
		expect(listeners.has('a')).toBe(true);
		two.close();
		expect(listeners.has('a')).toBe(false);
		expect(vi.getTimerCount()).toBe(0);
	});

	test('comes when it expires, to the instant', async () => {
		expiry['a'] = 40 * DAY_MS;
		const { log } = open(somebody('a', 40 * DAY_MS)); // longer than a timer can wait
		await vi.advanceTimersByTimeAsync(40 * DAY_MS - 1);
		expect(log).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect([log, announced]).toEqual([['end'], ['a']]);
	});

	test('comes when it is gone already', async () => {
		expiry['a'] = null;
		const { log } = open(somebody('a', 1_000));
		await vi.advanceTimersByTimeAsync(1_000);
		expect(log).toEqual(['end']);
	});

	test('comes later when it was prolonged, and not because the database is away', async () => {
		expiry['a'] = 5_000;
		const [prolonged, unknown] = [open(somebody('a', 1_000)), open(somebody('b', 1_000))];
		await vi.advanceTimersByTimeAsync(4_999);
		expect([prolonged.log, unknown.log]).toEqual([[], []]);
		await vi.advanceTimersByTimeAsync(1);
		expect([prolonged.log, unknown.log]).toEqual([['end'], []]);
	});
});

describe('how many', () => {
	const refusal = (work: () => unknown) => {
		try {
			work();
			return null;
		} catch (error) {
			return (error as { key?: string }).key;
		}
	};

	test('sockets and requests of one identity are counted apart; another identity has its own', () => {
		const held = Array.from({ length: 64 }, () => open(somebody('a')));
		expect(refusal(() => open(somebody('a')))).toBe('request/too-many');
		expect(refusal(() => open(somebody('a'), { kind: 'request' }))).toBeNull();
		expect(refusal(() => open(somebody('b')))).toBeNull();
		held[0]?.close();
		held[0]?.close(); // once more does no harm
		expect(refusal(() => open(somebody('a')))).toBeNull();
		expect(refusal(() => open(somebody('a')))).toBe('request/too-many');
	});

	test('nobody is counted by address, and never in the way of somebody behind the same one', () => {
		const held = Array.from({ length: 64 }, () => open(null));
		expect(refusal(() => open(null, { ip: '::ffff:192.0.2.1' }))).toBe('request/too-many');
		expect(refusal(() => open(null, { ip: '192.0.2.2' }))).toBeNull();
		expect(refusal(() => open(somebody('a')))).toBeNull();
		held[0]?.close();
		expect(refusal(() => open(null))).toBeNull();
	});
});

describe('a drain', () => {
	test('tells each once, at a moment of its own, and ends when all have gone', async () => {
		const told: number[] = [];
		const held = Array.from({ length: 100 }, (_, n) =>
			open(somebody(`person ${n}`), { leave: () => void told.push(Date.now()) })
		);
		let over = false;
		const drained = openings.drain(4_000, 5_000, new AbortController().signal).then(() => (over = true));
		await vi.advanceTimersByTimeAsync(4_000);
		expect(told).toHaveLength(100);
		const perTenth = told.reduce<Record<number, number>>(
			(counts, at) => ({ ...counts, [Math.floor(at / 400)]: (counts[Math.floor(at / 400)] ?? 0) + 1 }),
			{}
		);
		expect(Math.max(...Object.values(perTenth))).toBeLessThan(35);
		expect(over).toBe(false);
		for (const { close } of held) close();
		await drained;
		expect(Date.now()).toBe(4_000);
	});

	test('ends with its time, or when it must hurry; with nobody there at once', async () => {
		await openings.drain(4_000, 5_000, new AbortController().signal);
		expect(Date.now()).toBe(0);
		open(somebody('a'));
		const drained = openings.drain(4_000, 5_000, new AbortController().signal);
		await vi.advanceTimersByTimeAsync(5_000);
		await drained;
		const hurry = new AbortController();
		const hurried = openings.drain(60_000, 60_000, hurry.signal);
		hurry.abort();
		await hurried;
		expect(Date.now()).toBe(5_000);
	});

	test('who comes meanwhile is sent on at once', async () => {
		open(somebody('a'));
		void openings.drain(4_000, 5_000, new AbortController().signal);
		expect(openings.isDraining).toBe(true);
		const { log } = open(somebody('b'), { kind: 'request' });
		await vi.advanceTimersByTimeAsync(1);
		expect(log).toEqual(['leave']);
	});
});
