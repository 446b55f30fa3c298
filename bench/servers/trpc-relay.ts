// What tRPC alone costs: our adapter, version, schema and frames, without people, calls or a mailbox. Keeps nothing;
// with DATABASE_URL it inserts each signal, one row a statement, before it passes it on.
import { createServer } from 'node:http';
import { initTRPC, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import postgres from 'postgres';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { signalSend, type DeliveredSignal, type SignalSend } from '../../src/lib/call/core/signal';
import { listen } from './listen';

const databaseUrl = process.env.DATABASE_URL;
const sql = databaseUrl === undefined ? null : postgres(databaseUrl, { max: 10 });

/** What waits for one device, and how its stream is woken. */
type Box = { seq: number; waiting: DeliveredSignal[]; wake: () => void };
const boxes = new Map<string, Box>();

async function relay({ deviceId, toDeviceId, callId, signals }: SignalSend): Promise<void> {
	for (const envelope of signals) {
		if (sql) {
			await sql`
				insert into signals (to_device_id, from_device_id, body)
				values (${toDeviceId}, ${deviceId}, ${Buffer.from(envelope.body, 'base64')})
			`;
		}
		const box = boxes.get(toDeviceId);
		if (!box) continue;
		box.seq += 1;
		box.waiting.push({ epoch: 1, seq: box.seq, callId, fromDeviceId: deviceId, envelope });
		box.wake();
	}
}

const t = initTRPC.create();
const router = t.router({
	signals: t.router({
		send: t.procedure.input(signalSend).mutation(async ({ input }) => {
			await relay(input);
			return { outcomes: input.signals.map((_, at) => ({ n: input.firstN + at, status: 'taken' })) };
		})
	}),
	inbox: t.router({
		stream: t.procedure.input(z.object({ deviceId: z.uuid() })).subscription(async function* ({
			input,
			signal
		}) {
			const box: Box = { seq: 0, waiting: [], wake: () => {} };
			boxes.set(input.deviceId, box);
			signal?.addEventListener('abort', () => box.wake());
			yield tracked('1:0:0', { type: 'state' });
			while (!signal?.aborted) {
				for (const delivered of box.waiting.splice(0)) {
					yield tracked(`1:${delivered.seq}:0`, { type: 'signal', signal: delivered });
				}
				if (box.waiting.length === 0) await new Promise<void>((resolve) => (box.wake = resolve));
			}
			boxes.delete(input.deviceId);
		})
	})
});

const server = createServer();
applyWSSHandler({
	wss: new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 64 * 1024 }),
	router,
	keepAlive: { enabled: true, pingMs: 5_000, pongWaitMs: 3_000 }
});
listen(server);
