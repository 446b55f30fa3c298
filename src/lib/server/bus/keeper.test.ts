import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepLine } from './keeper';
import type { LineEvents, OpenLine } from './line';

const ORIGIN = '0123456789ab';

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
	vi.useRealTimers();
});

/** Lets promises and `setImmediate` run their course between two steps of the clock. */
async function settle(): Promise<void> {
	for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function advance(ms: number): Promise<void> {
	for (let passed = 0; passed < ms; passed += 50) {
		vi.advanceTimersByTime(50);
		await settle();
	}
}

/** A keeper on lines that do what the test says; `echoes` = they bring back what is sent. */
function keeperOn({ echoes = true, opens = true, random = 1 } = {}) {
	const state = { echoes, opens };
	const lines: (LineEvents & { sent: string[]; openedAt: number })[] = [];
	const said: string[] = [];
	const turns: boolean[] = [];
	const open: OpenLine = async (events) => {
		const line = { ...events, sent: [] as string[], openedAt: performance.now() };
		lines.push(line);
		if (!state.opens) throw new Error('refused');
		return {
			async send(messages) {
				line.sent.push(...messages);
				if (state.echoes) for (const text of messages) events.onMessage(text);
			}
		};
	};
	const log = (level: string) => () => void said.push(level);
	const foreign: string[] = [];
	const keeper = keepLine({
		origin: ORIGIN,
		open,
		onMessage: (text) => foreign.push(text),
		onTurn: () => turns.push(keeper.isStanding()),
		log: { debug: log('debug'), info: log('info'), warn: log('warn') },
		random: () => random
	});
	return { keeper, lines, said, turns, foreign, state };
}

test('a line stands when it has brought back what was sent, and not before', async () => {
	const { keeper, lines, turns, state, foreign } = keeperOn({ echoes: false });
	await settle();
	lines[0]?.onMessage('ba9876543210:[]');
	await advance(950);
	expect([keeper.isStanding(), foreign]).toEqual([false, ['ba9876543210:[]']]);
	await expect(keeper.send(['x'])).rejects.toThrow(/no way/);
	state.echoes = true;
	await advance(200);
	expect(lines).toHaveLength(2);
	expect([keeper.isStanding(), turns]).toEqual([true, [true]]);
	await keeper.close();
});

test('a silent line is asked once a second, one that is in use never', async () => {
	const { keeper, lines } = keeperOn();
	await advance(5_500);
	expect(lines[0]?.sent).toHaveLength(6);
	for (let i = 0; i < 20; i++) {
		await keeper.send([`${ORIGIN}:[news]`]);
		await advance(250);
	}
	expect(lines[0]?.sent.filter((text) => text.endsWith(':[]'))).toHaveLength(6);
	expect(lines).toHaveLength(1);
	await keeper.close();
});

test('a line that stops bringing back is replaced within two seconds', async () => {
	const { keeper, lines, turns, said, state } = keeperOn();
	await advance(300);
	state.echoes = false;
	await advance(1_750);
	expect(turns).toEqual([true, false]);
	expect(lines[0]?.signal.aborted).toBe(true);
	state.echoes = true;
	await advance(200);
	expect([lines.length, turns, said]).toEqual([2, [true, false, true], ['warn']]);
	await keeper.close();
});

test('a process that was busy for long reads what came meanwhile before it judges', async () => {
	const { keeper, lines, state } = keeperOn();
	await settle();
	state.echoes = false;
	await advance(1_000); // asked, and the answer waits in the socket
	expect(lines[0]?.sent).toHaveLength(2);
	// The timers are overdue by seconds; the socket is read after them, in the same round.
	vi.advanceTimersByTime(10_000);
	lines[0]?.onMessage(`${ORIGIN}:[]`);
	state.echoes = true;
	await settle();
	expect([lines.length, keeper.isStanding()]).toEqual([1, true]);
	await keeper.close();
});

test('tries again ever more slowly, spread at random, and tells the operator once', async () => {
	const { keeper, lines, said, turns, state } = keeperOn({ opens: false, random: 0.5 });
	await settle();
	await advance(20_000);
	const gaps = lines.slice(1).map((line, i) => line.openedAt - (lines[i]?.openedAt ?? 0));
	// Three quarters of 100 ms, 200 ms, … 2 s, by a clock that ticks every 50 ms.
	expect(gaps.slice(0, 7)).toEqual([100, 150, 300, 600, 1_200, 1_500, 1_500]);
	expect(said.filter((level) => level === 'warn')).toHaveLength(1);
	expect(turns).toEqual([]);
	state.opens = true;
	await advance(2_000);
	expect(turns).toEqual([true]);
	await keeper.close();
});

test('a line that is told to be broken goes at once, and only the first reason counts', async () => {
	const { keeper, lines, turns } = keeperOn();
	await settle();
	lines[0]?.onBroken(new Error('reset'));
	lines[0]?.onBroken(new Error('and closed'));
	await settle();
	expect(turns).toEqual([true, false]);
	await advance(200);
	expect(turns).toEqual([true, false, true]);
	await keeper.close();
	expect(lines.every((line) => line.signal.aborted)).toBe(true);
	// Who closes it knows already.
	expect(turns).toHaveLength(3);
});
