// Prints whom you missed. Make a token on Parley's settings page, then:
//   PARLEY_URL=http://localhost:3000 PARLEY_TOKEN=parley_… npx tsx examples/missed-calls.ts
import { createTRPCClient, httpLink } from '@trpc/client';
import type { AppRouter } from '../src/lib/server/trpc/router';

const url = `${process.env.PARLEY_URL ?? 'http://localhost:3000'}/trpc`;
const headers = { authorization: `Bearer ${process.env.PARLEY_TOKEN}` };
const parley = createTRPCClient<AppRouter>({ links: [httpLink({ url, headers })] });

const missed = await parley.calls.missed.query();
for (const call of missed) {
	const who = call.people.map((person) => person.displayName).join(', ');
	console.log(`${new Date(call.startedAt).toISOString()}  ${who}  (${call.kind}, ${call.roomName})`);
}
if (missed.length === 0) console.log('Nobody.');
