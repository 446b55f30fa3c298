import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookAtFlow, SILENT_AFTER_MS, STALLS_AFTER_MS, type FlowLook, type MediaFlow } from './media-flow';

/** @returns what each look asked for: `renew`, `missing`, or nothing */
function watch(looks: readonly FlowLook[]): string[] {
	let flow: MediaFlow | null = null;
	return looks.map((look) => {
		const next = lookAtFlow(flow, look);
		flow = next.flow;
		return next.renew ? 'renew' : next.flow.missing ? 'missing' : '';
	});
}

const seconds = (count: number, look: (second: number) => Partial<FlowLook>): FlowLook[] =>
	Array.from({ length: count }, (_, second) => ({
		at: second * 1_000,
		sends: true,
		connected: true,
		silent: false,
		count: 0,
		...look(second)
	}));

test('what never comes: another connection after six seconds, and words after six more', () => {
	const said = watch(seconds(15, () => ({})));
	expect(said.indexOf('renew')).toBe(6);
	expect(said.filter((one) => one === 'renew')).toHaveLength(1);
	expect(said.indexOf('missing')).toBe(12);
	expect(said.at(-1)).toBe('missing');
});

test('while nothing whatever comes, ICE is given its time first', () => {
	const said = watch(seconds(15, () => ({ silent: true })));
	expect(said.indexOf('renew')).toBe(SILENT_AFTER_MS / 1_000);
	// It notices, and finds another path.
	const healed = watch(
		seconds(30, (second) => ({ silent: second < 9, connected: second < 8, count: second < 9 ? 7 : second }))
	);
	expect(healed).not.toContain('renew');
});

test('a path that ICE has healed gets its time: the silence before it is none of its own', () => {
	const said = watch(seconds(30, (second) => ({ silent: second > 0 && second < 10 })));
	expect(said.indexOf('renew')).toBe(15);
	// A picture waits for its next keyframe.
	const healed = watch(seconds(30, (second) => ({ silent: second < 11, count: second < 13 ? 7 : second })));
	expect(healed).not.toContain('renew');
});

test('what a path carries now and then is no path that is healed', () => {
	const said = watch(seconds(30, (second) => ({ silent: second % 5 !== 0 })));
	expect(said.indexOf('renew')).toBe(SILENT_AFTER_MS / 1_000);
});

test('what comes again is missing no more, and the next time it is healed anew', () => {
	const said = watch(seconds(30, (second) => ({ count: second < 14 ? 0 : 1 })));
	expect(said[13]).toBe('missing');
	expect(said[14]).toBe('');
	expect(said.indexOf('renew', 14)).toBe(20);
});

test('the other connection counts from nothing, and gets its time', () => {
	const said = watch(seconds(14, (second) => ({ count: second < 8 ? 500 : 0 })));
	expect(said.indexOf('renew')).toBe(6);
	expect(said).not.toContain('missing');
});

test('the time in which the other connection comes up is none of its stalls', () => {
	const said = watch(seconds(30, (second) => ({ connected: second < 7 || second > 15 })));
	expect(said.filter((one) => one === 'renew')).toHaveLength(1);
	expect(said.indexOf('missing')).toBe(21);
});

test.each<[title: string, look: (second: number) => Partial<FlowLook>]>([
	['who is muted', () => ({ sends: false })],
	['who is not connected', () => ({ connected: false })],
	['a page that slept', (second) => ({ at: second * 5_000 })],
	['a clock that is set back', (second) => ({ at: -second * 1_000 })]
])('nothing is said of %s', (_title, look) => {
	expect(watch(seconds(30, look)).join('')).toBe('');
});

test('never renewed while it comes, never twice for one stall, and never missing without having been renewed', () => {
	const step = fc.record({
		after: fc.integer({ min: 0, max: 4_000 }),
		sends: fc.boolean(),
		connected: fc.boolean(),
		silent: fc.boolean(),
		grows: fc.integer({ min: -3, max: 3 })
	});
	fc.assert(
		fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
			let flow: MediaFlow | null = null;
			let [at, count, cameAt, renewedSince] = [0, 3, 0, false];
			for (const { after, sends, connected, silent, grows } of steps) {
				at += after;
				const before = count;
				count = Math.max(0, count + grows);
				const came = !flow || !sends || count > before;
				if (came) [cameAt, renewedSince] = [at, false];
				const next = lookAtFlow(flow, { at, sends, connected, silent, count });
				flow = next.flow;
				if (next.renew) {
					expect(renewedSince).toBe(false);
					expect(at - cameAt).toBeGreaterThanOrEqual(silent ? SILENT_AFTER_MS : STALLS_AFTER_MS);
					renewedSince = true;
				}
				if (flow.missing) expect(renewedSince).toBe(true);
			}
		}),
		{ numRuns: 1_000 }
	);
});
