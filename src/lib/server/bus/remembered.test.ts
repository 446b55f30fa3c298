import { expect, test } from 'vitest';
import { Remembered } from './remembered';

/** A remembering thing with a clock, a trust and a database that count and wait as told. */
function setUp() {
	const world = { now: 0, trusted: true, asked: 0, answer: 'first' as string | null };
	let lose = () => {};
	const remembered = new Remembered<string>({
		trust: { isTrusted: () => world.trusted, onLost: (listener) => (lose = listener) },
		now: () => world.now,
		isUsable: (value) => value !== 'over'
	});
	const get = (key = 'key') =>
		remembered.get(key, async () => {
			world.asked += 1;
			return world.answer;
		});
	return { world, remembered, get, lose: () => lose() };
}

test('what was asked is known for 5 s', async () => {
	const { world, get } = setUp();
	await get();
	world.answer = 'second';
	world.now = 4_999;
	expect([await get(), world.asked]).toEqual(['first', 1]);
	world.now = 5_000;
	expect([await get(), world.asked]).toEqual(['second', 2]);
});

test('what is held is known for as long as it is held, and 5 s more', async () => {
	const { world, remembered, get } = setUp();
	await get();
	const [letGo, letGoToo] = [remembered.hold('key'), remembered.hold('key')];
	world.now = 60_000;
	await get();
	letGo();
	letGo(); // once counts
	expect(remembered.isHeld('key')).toBe(true);
	letGoToo();
	expect(remembered.held()).toEqual([]);
	world.now = 64_999;
	await get();
	expect(world.asked).toBe(1);
	world.now = 65_000;
	await get();
	expect(world.asked).toBe(2);
});

test('what is not there is asked about each time', async () => {
	const { world, get } = setUp();
	world.answer = null;
	expect([await get(), await get(), world.asked]).toEqual([null, null, 2]);
});

test('without trust nothing is answered from memory; with it again, everything that is still held', async () => {
	const { world, remembered, get } = setUp();
	remembered.hold('key');
	await get();
	world.trusted = false;
	await get();
	expect(world.asked).toBe(2);
	world.trusted = true;
	await get();
	expect(world.asked).toBe(2);
});

test('what time has ended is asked about, held or not', async () => {
	const { world, remembered, get } = setUp();
	remembered.hold('key');
	world.answer = 'over';
	await get();
	await get();
	expect(world.asked).toBe(2);
});

test('after news was lost for good nothing is remembered', async () => {
	const { world, remembered, get, lose } = setUp();
	remembered.hold('key');
	await get();
	lose();
	await get();
	expect(world.asked).toBe(2);
});

test('who asks at the same time asks once; one key knows nothing of another', async () => {
	const { world, get } = setUp();
	expect(await Promise.all([get(), get(), get('other')])).toEqual(['first', 'first', 'first']);
	expect(world.asked).toBe(2);
});

test('an answer that was under way while its subject was forgotten is not remembered', async () => {
	const { world, remembered, get } = setUp();
	let answer = (_value: string) => {};
	const slow = remembered.get('key', () => new Promise((resolve) => (answer = resolve)));
	remembered.forget('key');
	world.answer = null; // who asks after it ended must not wait for what was read before
	expect(await get()).toBeNull();
	answer('from before it ended');
	await slow;
	expect(await get()).toBeNull();
});

test('a failure is not remembered', async () => {
	const { remembered, get } = setUp();
	await expect(remembered.get('key', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
	expect(await get()).toBe('first');
});

test('pruning drops what nobody holds', async () => {
	const { world, remembered, get } = setUp();
	await get('held');
	await get('let go');
	remembered.hold('held');
	world.now = 6_000;
	remembered.prune();
	await get('held');
	expect(world.asked).toBe(2);
});
