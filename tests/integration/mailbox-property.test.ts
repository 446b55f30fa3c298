import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../fixtures/database';
import { MailboxModel, type Command } from './mailbox-model';
import { addCallOf, openServer, type Server } from './mailbox-world';

/** `LONG=1` looks for longer. */
const RUNS = process.env.LONG ? 5_000 : 150;
const DEVICES = 4;
/** Signals go to these only, so that their senders meet. */
const MAILBOXES = 2;

let database: TestDatabase;
let servers: [Server, Server];

beforeAll(async () => {
	database = await testDatabase();
	servers = [openServer(database.url), openServer(database.url)];
});

afterAll(async () => {
	await Promise.all(servers.map((server) => server.close()));
	await database.drop();
});

const server = fc.integer({ min: 0, max: 1 });
const to = fc.integer({ min: 0, max: MAILBOXES - 1 });
const from = fc.integer({ min: 0, max: DEVICES - 1 });
const few = fc.integer({ min: 1, max: 4 });

const command: fc.Arbitrary<Command> = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ type: fc.constant('send' as const), server, from, to, count: few }) },
	{
		weight: 3,
		arbitrary: fc.record({ type: fc.constant('repeat' as const), server, from, to, back: few, count: few })
	},
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('skip' as const), server, from, to, ahead: few }) },
	{
		weight: 6,
		arbitrary: fc.record({ type: fc.constant('read' as const), server, to, limit: few, lost: fc.boolean() })
	},
	{
		weight: 3,
		arbitrary: fc.record({
			type: fc.constant('ack' as const),
			server,
			to,
			behind: fc.integer({ min: 0, max: 3 })
		})
	},
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('ack-past-head' as const), server, to }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('ack-other-epoch' as const), server, to }) },
	{ weight: 2, arbitrary: fc.record({ type: fc.constant('sweep' as const), server, to }) },
	{ weight: 3, arbitrary: fc.record({ type: fc.constant('expire' as const), server, to }) }
);

/** Commands of one group run at the same time; the groups one after the other. */
const history = fc.array(fc.array(command, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });

test(
	'every acknowledged signal is taken once, in its sender’s order, or the epoch rose; no reader is shown a hole',
	async () => {
		const seen = { taken: 0, repeated: 0, refused: 0, applied: 0, epochs: 0, swept: 0 };
		await fc.assert(
			fc.asyncProperty(history, async (groups) => {
				const { callId, deviceIds } = await addCallOf(servers[0].db, DEVICES);
				const model = new MailboxModel(servers, callId, deviceIds);
				try {
					for (const group of groups) await model.runTogether(group);
					await model.settle();
				} finally {
					model.close();
				}
				for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += model.seen[key];
			}),
			{ numRuns: RUNS }
		);
		// A property that never meets its subject proves nothing.
		for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(RUNS / 15);
		if (process.env.LONG) console.info(`${RUNS} histories`, seen);
	},
	process.env.LONG ? 30 * 60_000 : 60_000
);
