import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cursor, DeliveredSignal } from '../call/core/signal';
import { hasHole, newReader, transition, type Entry, type Reader, type ReaderEvent } from './reader';

function signalAt(at: Cursor): DeliveredSignal {
	return {
		...at,
		callId: '00000000-0000-4000-8000-000000000001',
		fromDeviceId: '00000000-0000-4000-8000-000000000002',
		envelope: { v: 1, kind: 'candidates', callVersion: 1, body: 'AA==' }
	};
}
const entry = (epoch: number, seq: number): Entry => ({
	at: { epoch, seq },
	signal: signalAt({ epoch, seq })
});

test.each<[title: string, from: Cursor, event: ReaderEvent, to: Cursor, effects: string[]]>([
	[
		'1:4 -> entry 1:5 -> 1:5',
		{ epoch: 1, seq: 4 },
		{ type: 'entry', entry: entry(1, 5) },
		{ epoch: 1, seq: 5 },
		['deliver']
	],
	[
		'(we have it) 1:4 -> entry 1:4',
		{ epoch: 1, seq: 4 },
		{ type: 'entry', entry: entry(1, 4) },
		{ epoch: 1, seq: 4 },
		[]
	],
	[
		'(hole) 1:4 -> entry 1:6',
		{ epoch: 1, seq: 4 },
		{ type: 'entry', entry: entry(1, 6) },
		{ epoch: 1, seq: 4 },
		['read']
	],
	[
		'1:4 -> entry 2:1 -> 2:1',
		{ epoch: 1, seq: 4 },
		{ type: 'entry', entry: entry(2, 1) },
		{ epoch: 2, seq: 1 },
		['epoch', 'deliver']
	],
	[
		'1:4 -> entry 2:3 -> 2:0',
		{ epoch: 1, seq: 4 },
		{ type: 'entry', entry: entry(2, 3) },
		{ epoch: 2, seq: 0 },
		['epoch', 'read']
	],
	[
		'(void) 2:0 -> entry 1:5',
		{ epoch: 2, seq: 0 },
		{ type: 'entry', entry: entry(1, 5) },
		{ epoch: 2, seq: 0 },
		[]
	],
	[
		'1:4 -> empty page of epoch 2 -> 2:0',
		{ epoch: 1, seq: 4 },
		{ type: 'page', cursor: { epoch: 2, seq: 0 }, entries: [] },
		{ epoch: 2, seq: 0 },
		['epoch']
	],
	[
		'1:4 -> position 2:0 -> 2:0',
		{ epoch: 1, seq: 4 },
		{ type: 'position', at: { epoch: 2, seq: 0 } },
		{ epoch: 2, seq: 0 },
		['epoch']
	],
	[
		'(hole) 1:4 -> position 1:7',
		{ epoch: 1, seq: 4 },
		{ type: 'position', at: { epoch: 1, seq: 7 } },
		{ epoch: 1, seq: 4 },
		['read']
	],
	[
		'(unreadable) 1:4 -> entry 1:5 without a signal -> 1:5',
		{ epoch: 1, seq: 4 },
		{ type: 'entry', entry: { at: { epoch: 1, seq: 5 }, signal: null } },
		{ epoch: 1, seq: 5 },
		[]
	]
])('%s', (_title, from, event, to, effects) => {
	const next = transition(newReader(from), event);
	expect(next.state.cursor).toEqual(to);
	expect(next.effects.map((effect) => effect.type)).toEqual(effects);
});

type Happening =
	| { type: 'write' }
	| { type: 'raise-epoch' }
	/** The stream hands over any signal it ever had: late, doubled, with others lost. */
	| { type: 'stream'; pick: number }
	| { type: 'poll-begins' }
	/** Any poll's answer arrives, also a second time. */
	| { type: 'poll-answered'; pick: number };

test('any loss, doubling and reordering of items and pages delivers each signal once, in order, or an epoch', () => {
	const happening: fc.Arbitrary<Happening> = fc.oneof(
		{ weight: 4, arbitrary: fc.constant<Happening>({ type: 'write' }) },
		{ weight: 1, arbitrary: fc.constant<Happening>({ type: 'raise-epoch' }) },
		{ weight: 4, arbitrary: fc.record({ type: fc.constant('stream' as const), pick: fc.nat() }) },
		{ weight: 2, arbitrary: fc.constant<Happening>({ type: 'poll-begins' }) },
		{ weight: 2, arbitrary: fc.record({ type: fc.constant('poll-answered' as const), pick: fc.nat() }) }
	);
	fc.assert(
		fc.property(fc.array(happening, { maxLength: 80, size: 'max' }), (happenings) => {
			let mailbox = { epoch: 1, head: 0 };
			const sent: Entry[] = [];
			const pages: ReaderEvent[] = [];
			let reader: Reader = newReader({ epoch: 1, seq: 0 });
			// What the listener holds: it forgets everything when the epoch rises.
			let epoch = 1;
			let got: number[] = [];
			const take = (event: ReaderEvent) => {
				const next = transition(reader, event);
				reader = next.state;
				for (const effect of next.effects) {
					if (effect.type === 'epoch') {
						expect(effect.epoch).toBeGreaterThan(epoch);
						({ epoch } = effect);
						got = [];
					}
					if (effect.type !== 'deliver') continue;
					expect(effect.signal).toMatchObject({ epoch, seq: got.length + 1 });
					got.push(effect.signal.seq);
				}
				expect(next.effects.some((effect) => effect.type === 'read')).toBe(hasHole(reader));
			};
			const page = (): ReaderEvent => {
				const from = reader.cursor.epoch === mailbox.epoch ? reader.cursor.seq : 0;
				const entries = Array.from({ length: Math.max(0, mailbox.head - from) }, (_, i) =>
					entry(mailbox.epoch, from + i + 1)
				);
				return { type: 'page', cursor: { epoch: mailbox.epoch, seq: mailbox.head }, entries };
			};
			for (const one of happenings) {
				if (one.type === 'write') {
					mailbox = { ...mailbox, head: mailbox.head + 1 };
					sent.push(entry(mailbox.epoch, mailbox.head));
				} else if (one.type === 'raise-epoch') mailbox = { epoch: mailbox.epoch + 1, head: 0 };
				else if (one.type === 'poll-begins') pages.push(page());
				else {
					const list: (Entry | ReaderEvent)[] = one.type === 'stream' ? sent : pages;
					const chosen = list[one.pick % list.length];
					if (chosen) take('type' in chosen ? chosen : { type: 'entry', entry: chosen });
				}
			}
			take(page());
			expect(reader.cursor).toEqual({ epoch: mailbox.epoch, seq: mailbox.head });
			expect(epoch).toBe(mailbox.epoch);
			expect(got).toEqual(Array.from({ length: mailbox.head }, (_, i) => i + 1));
			expect(hasHole(reader)).toBe(false);
		}),
		{ numRuns: 1_000 }
	);
});
