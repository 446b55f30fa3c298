// Prints the live call of each of your rooms: who is in it, and which devices are connected. Make a token on Parley's
// settings page, then:
//   PARLEY_URL=http://localhost:3000 PARLEY_TOKEN=parley_… npx tsx examples/room-calls.ts
import { createTRPCClient, httpLink } from '@trpc/client';
import type { AppRouter } from '../src/lib/server/trpc/router';

const url = `${process.env.PARLEY_URL ?? 'http://localhost:3000'}/trpc`;
const headers = { authorization: `Bearer ${process.env.PARLEY_TOKEN}` };
const parley = createTRPCClient<AppRouter>({ links: [httpLink({ url, headers })] });

for (const room of await parley.rooms.list.query()) {
	const { call, connections, serverNow } = await parley.calls.state.query({ roomId: room.id });
	if (!call) continue;
	const seconds = Math.round((serverNow - call.startedAt) / 1000);
	console.log(`${call.roomName}: ${call.kind}, ${call.phase}, for ${seconds} s`);
	for (const person of call.participants) console.log(`  ${person.displayName}: ${person.invite}`);
	for (const { deviceId, peerDeviceId, connectionState, path } of connections) {
		console.log(`  ${deviceId} -> ${peerDeviceId}: ${connectionState} (${path ?? 'no path'})`);
	}
}
