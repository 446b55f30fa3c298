import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RELAY_WITHIN_MS } from '../core/connection-check';
import type { ProbeOptions } from '../media/check-probe';
import { ConnectionChecker, type CheckAnswer } from './connection-checker';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SIGNED = { username: '1:check:ann', credential: 'x' };
const ANSWER: CheckAnswer = {
	relay: 'given',
	iceServers: [
		{ urls: ['stun:s.example', 'stun:s2.example'] },
		{ urls: ['turn:t.example?transport=udp', 'turns:t.example:443'], ...SIGNED }
	]
};

/** A page whose probes are told what to find, and count whether they are open. */
function page({ answer = ANSWER, hides = false }: { answer?: CheckAnswer; hides?: boolean } = {}) {
	const probes: (ProbeOptions & { open: boolean })[] = [];
	const asked: AbortSignal[] = [];
	let reply: (answer: CheckAnswer) => void = () => undefined;
	const checker = new ConnectionChecker({
		ask: (signal) => {
			asked.push(signal);
			return new Promise((resolve, reject) => {
				reply = resolve;
				signal.addEventListener('abort', () => reject(new Error('aborted')));
				if (signal.aborted) reject(new Error('aborted'));
			});
		},
		link: () => ({ rung: 'websocket', why: '' }),
		hidesAddress: () => hides,
		openProbe(options) {
			const probe = { ...options, open: true };
			probes.push(probe);
			return () => void (probe.open = false);
		},
		now: () => 0
	});
	return {
		checker,
		probes,
		asked,
		open: () => probes.filter(({ open }) => open).length,
		states: () => checker.check?.lines.map(({ state }) => state),
		async answer() {
			reply(answer);
			await vi.advanceTimersByTimeAsync(0);
		}
	};
}

test('each thing is checked with what it is about alone, configured as a call is', async () => {
	const { checker, probes, answer } = page();
	checker.start();
	await answer();
	expect(probes.map(({ ice, aim }) => ({ ...ice, aim }))).toEqual([
		{ iceServers: [], iceTransportPolicy: 'all', aim: 'pair' },
		{
			iceServers: [{ urls: 'stun:s.example' }, { urls: 'stun:s2.example' }],
			iceTransportPolicy: 'all',
			aim: 'gather'
		},
		...['turn:t.example?transport=udp', 'turns:t.example:443'].map((urls) => ({
			iceServers: [{ urls, ...SIGNED }],
			iceTransportPolicy: 'relay',
			aim: 'pair'
		}))
	]);
	expect(checker.check?.lines.flatMap(({ target }) => (target.kind === 'relay' ? [target.way] : []))).toEqual(
		['udp', 'tls']
	);
});

test('who hides their address opens nothing but relays', async () => {
	const { checker, probes, answer } = page({ hides: true });
	checker.start();
	await answer();
	expect(probes.map(({ ice }) => ice.iceTransportPolicy)).toEqual(['relay', 'relay']);
});

test('it tells of each step, and closes what has found something', async () => {
	const { checker, probes, answer, open, states } = page();
	let told = 0;
	const unsubscribe = checker.subscribe(() => (told += 1));
	checker.start();
	await answer();
	const before = told;
	probes[0]?.on({ type: 'echoed' });
	expect(told).toBe(before + 1);
	expect(states()).toEqual(['good', 'good', 'running', 'running', 'running']);
	expect(open()).toBe(3);
	unsubscribe();
	probes[1]?.on({ type: 'candidate', candidate: 'srflx' });
	expect(told).toBe(before + 1);
});

test('with nothing to be heard it is over when the bounds are, and all is closed', async () => {
	const { checker, answer, open } = page();
	checker.start();
	await answer();
	expect(open()).toBe(4);
	await vi.advanceTimersByTimeAsync(RELAY_WITHIN_MS);
	expect(checker.check?.phase).toBe('done');
	expect(open()).toBe(0);
	expect(vi.getTimerCount()).toBe(0);
});

test.each<[what: string, go: (checker: ConnectionChecker) => void]>([
	['stopped', (checker) => checker.stop()],
	['forgotten', (checker) => checker.forget()],
	['begun anew', (checker) => checker.start()]
])('%s while it runs, it leaves nothing open', async (_what, go) => {
	const { checker, answer, open } = page();
	checker.start();
	await answer();
	go(checker);
	expect(open()).toBe(0);
});

test('stopped while the server is asked, it asks no longer, and an answer opens nothing', async () => {
	const { checker, asked, answer, probes } = page();
	checker.start();
	checker.stop();
	expect(asked[0]?.aborted).toBe(true);
	await answer();
	expect(probes).toEqual([]);
	expect(checker.check?.phase).toBe('stopped');
});

test('a server that does not answer is not waited for, and connections are checked all the same', async () => {
	const { checker, states, probes } = page();
	vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
	checker.start();
	await vi.advanceTimersByTimeAsync(0);
	vi.restoreAllMocks();
	expect(states()).toEqual(['failed', 'running', 'skipped', 'skipped']);
	expect(probes).toHaveLength(1);
});

test('asked too often: said with its time', async () => {
	const { checker, answer } = page({ answer: { retryAfterMs: 41_000 } });
	checker.start();
	await answer();
	expect(checker.check?.lines.at(-1)?.finding).toEqual({ is: 'too-often', retryAfterMs: 41_000 });
});
