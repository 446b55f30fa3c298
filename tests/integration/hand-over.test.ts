import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cursor, DeliveredSignal } from '../../src/lib/call/core/signal';
import { createMemoryBus } from '../../src/lib/server/bus/memory';
import { createInbox } from '../../src/lib/server/inbox/inbox';
import { createHandOver } from '../../src/lib/server/signals/hand-over';

const RUNS = process.env.LONG ? 10_000 : 600;
/** Ten thousand take a quarter of a minute of a core that does nothing else. */
const RUNS_WITHIN_MS = process.env.LONG ? 5 * 60_000 : 20_000;

const deviceId = randomUUID();
const topic = `device:${deviceId}` as const;

/** One mailbox, as the database would keep it; reads of it take as long as told. */
class Mailbox {
	epoch = 1;
	rows: DeliveredSignal[] = [];
	written = 0;

	write(count: number): DeliveredSignal[] {
		return Array.from({ length: count }, () => {
			this.written += 1;
			const signal: DeliveredSignal = {
				epoch: this.epoch,
				seq: this.rows.length + 1,
				callId: 'call',
				fromDeviceId: 'device',
				envelope: { v: 1, kind: 'candidates', callVersion: 1, body: `text ${this.written}` }
			};
			this.rows.push(signal);
			return signal;
		});
	}

	raise(): void {
		this.epoch += 1;
		this.rows = [];
	}

	read(at: Cursor, limit: number) {
		const after = at.epoch === this.epoch ? at.seq : 0;
		return { epoch: this.epoch, head: this.rows.length, signals: this.rows.slice(after, after + limit) };
	}
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What happens to a mailbox and to whoever follows it, one after the other or at once. */
const steps = fc.array(
	fc.oneof(
		{
			weight: 4,
			arbitrary: fc.record({ do: fc.constant('write here' as const), count: fc.integer({ min: 1, max: 9 }) })
		},
		{
			weight: 3,
			arbitrary: fc.record({
				do: fc.constant('write elsewhere' as const),
				count: fc.integer({ min: 1, max: 9 }),
				told: fc.constantFrom('now', 'later', 'never' as const)
			})
		},
		fc.record({ do: fc.constant('write too much' as const) }),
		fc.record({ do: fc.constant('raise' as const), told: fc.constantFrom('now', 'later', 'never' as const) }),
		fc.record({ do: fc.constant('doubt' as const) }),
		fc.record({ do: fc.constant('check' as const) }),
		{
			weight: 4,
			arbitrary: fc.record({ do: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 4 }) })
		}
	),
	{ maxLength: 40, size: 'max' }
);

/** Runs the steps against a real inbox. @returns what its reader got */
async function run(sequence: typeof steps extends fc.Arbitrary<infer T> ? T : never, slowReads: boolean) {
	const bus = createMemoryBus();
	const handOver = createHandOver();
	const mailbox = new Mailbox();
	let known: Cursor | null = null;
	let trusted = true;
	let reads = 0;
	const noteHead = (_id: string, head: Cursor) => {
		const isAhead =
			!known || head.epoch > known.epoch || (head.epoch === known.epoch && head.seq > known.seq);
		if (isAhead) bus.publish([topic], { type: 'mailbox', epoch: head.epoch, head: head.seq });
	};
	bus.subscribeAll((news) => {
		if (news.type !== 'mailbox') return;
		const isAhead =
			!known || news.epoch > known.epoch || (news.epoch === known.epoch && news.head > known.seq);
		if (isAhead) known = { epoch: news.epoch, seq: news.head };
	});
	const none = async () => [];
	const inbox = createInbox({
		bus,
		now: () => 0,
		async readMailbox(_id, at, limit) {
			reads += 1;
			if (slowReads) await turn();
			const read = mailbox.read(at, limit);
			await turn();
			return read;
		},
		mailboxHead: async () => ({ epoch: mailbox.epoch, seq: mailbox.rows.length }),
		openLane: handOver.open,
		knownHead: () => (trusted ? known : null),
		noteHead,
		hasEnded: () => false,
		onLost: () => {},
		holdViewer: () => () => {},
		liveCalls: none,
		callFor: async () => null,
		standing: async () => ({ missedCount: 0, doNotDisturbUntil: null }),
		roomHeads: none,
		roomHead: async () => null,
		messageByN: async () => null
	});

	const late: (() => void)[] = [];
	const stop = new AbortController();
	const got: { id: string; text: string }[] = [];
	const follow = inbox.follow({ deviceId, userId: 'u', identityId: 's' }, `1:0:start`, stop.signal);
	const reading = (async () => {
		for await (const { id, item } of follow) {
			if (item.type === 'epoch') got.push({ id, text: `epoch ${item.epoch}` });
			if (item.type === 'signal')
				got.push({ id, text: `${item.signal.epoch}:${item.signal.seq} ${item.signal.envelope.body}` });
		}
	})();

	function tell(told: 'now' | 'later' | 'never'): void {
		const news = { type: 'mailbox', epoch: mailbox.epoch, head: mailbox.rows.length } as const;
		const publish = () => bus.publish([topic], news);
		if (told === 'now') publish();
		else if (told === 'later') late.push(publish);
	}

	for (const step of sequence) {
		switch (step.do) {
			case 'write here':
				handOver.offer(deviceId, mailbox.write(step.count));
				tell('now');
				break;
			case 'write too much':
				handOver.offer(deviceId, mailbox.write(150));
				tell('now');
				break;
			case 'write elsewhere':
				mailbox.write(step.count);
				tell(step.told);
				break;
			case 'raise':
				mailbox.raise();
				tell(step.told);
				break;
			case 'doubt':
				trusted = false;
				break;
			case 'check':
				trusted = true;
				noteHead(deviceId, { epoch: mailbox.epoch, seq: mailbox.rows.length });
				break;
			case 'turn':
				for (const publish of late.splice(0).reverse()) publish();
				for (let i = 0; i < step.turns; i++) await turn();
		}
	}
	// What the bus lost, the check finds within 2 s.
	trusted = true;
	noteHead(deviceId, { epoch: mailbox.epoch, seq: mailbox.rows.length });
	const last = mailbox.rows.at(-1);
	const isThere = () => {
		const newest = got.at(-1)?.text ?? 'epoch 1';
		return newest === (last ? `${last.epoch}:${last.seq} ${last.envelope.body}` : `epoch ${mailbox.epoch}`);
	};
	for (let i = 0; i < 50 && !isThere(); i++) await turn();
	for (let i = 0; i < 5; i++) await turn();
	stop.abort();
	await reading;
	return { got, reads, mailbox, isThere: isThere() };
}

test(
	'memory, database, lost and late wake-ups, and epochs that rise: each signal once, and in order',
	async () => {
		await fc.assert(
			fc.asyncProperty(steps, fc.boolean(), async (sequence, slowReads) => {
				const { got, isThere } = await run(sequence, slowReads);
				expect(isThere).toBe(true);
				let at = { epoch: 1, seq: 0 };
				for (const { text } of got) {
					const [, rose] = /^epoch (\d+)$/.exec(text) ?? [];
					if (rose) {
						expect(Number(rose)).toBeGreaterThan(at.epoch);
						at = { epoch: Number(rose), seq: 0 };
					} else {
						expect(text.split(' ')[0]).toBe(`${at.epoch}:${at.seq + 1}`);
						at = { ...at, seq: at.seq + 1 };
					}
				}
				expect(new Set(got.map(({ id }) => id)).size).toBe(got.length);
			}),
			{ numRuns: RUNS }
		);
	},
	RUNS_WITHIN_MS
);

test('what is written here reaches a reader that stands without asking the database', async () => {
	const { got, reads } = await run(
		[
			{ do: 'turn', turns: 4 },
			...Array.from({ length: 20 }, () => [
				{ do: 'write here' as const, count: 3 },
				{ do: 'turn' as const, turns: 2 }
			]).flat()
		],
		false
	);
	expect([got.length, reads]).toEqual([60, 1]); // the one at its beginning
});
