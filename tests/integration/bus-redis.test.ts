import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Topic } from '../../src/lib/server/bus/bus';
import { openRedisLine } from '../../src/lib/server/bus/redis';
import { createSharedBus } from '../../src/lib/server/bus/shared';
import { startRedis, type TestRedis } from '../fixtures/redis';
import { describeSharedBus, type Carrier } from './bus-suite';

const CHANNEL = 'parley:news';

async function startCarrier(): Promise<Carrier> {
	const redis = await startRedis();
	const outside = await createClient({ url: redis.url, name: 'outside' }).connect();
	const clients = async () =>
		(await outside.clientList()).filter((client) => client.name === 'parley').map((client) => client.id);
	return {
		settings: (port) => ({ kind: 'redis', url: `redis://127.0.0.1:${port}` }),
		port: redis.port,
		openLine: (port) => openRedisLine(`redis://127.0.0.1:${port}`),
		shout: async (text) => void (await outside.publish(CHANNEL, text)),
		async spy() {
			const messages: string[] = [];
			const listener = await outside.duplicate().connect();
			await listener.subscribe(CHANNEL, (text) => messages.push(text));
			return { messages, stop: async () => listener.destroy() };
		},
		async sever() {
			const ids = await clients();
			for (const id of ids) await outside.sendCommand(['CLIENT', 'KILL', 'ID', String(id)]);
			return ids.length;
		},
		connections: async () => (await clients()).length,
		async close() {
			outside.destroy();
			await redis.close();
		}
	};
}

describeSharedBus('Redis', startCarrier);

describe('a Redis that goes and comes back', () => {
	let redis: TestRedis;
	beforeEach(async () => {
		redis = await startRedis();
	});
	afterEach(() => redis.close());

	function open() {
		const bus = createSharedBus({
			open: openRedisLine(redis.url),
			log: { debug() {}, info() {}, warn() {} }
		});
		const heard: Topic[] = [];
		let doubts = 0;
		bus.subscribeAll((_news, topic) => heard.push(topic));
		bus.onDoubt(() => (doubts += 1));
		return { bus, heard, doubts: () => doubts };
	}

	async function reaches(from: ReturnType<typeof open>, to: ReturnType<typeof open>): Promise<void> {
		const topic: Topic = `user:${randomUUID()}`;
		const seen = () => {
			from.bus.publish([topic], { type: 'standing', changedAt: null });
			return to.heard.includes(topic);
		};
		await expect.poll(seen, { timeout: 8_000 }).toBe(true);
	}

	test.each<[title: string, go: () => unknown, back: () => unknown]>([
		['killed and started again', () => redis.kill(), () => redis.startAgain()],
		// Every connection stays up, and nothing answers.
		['stopped where it stands', () => redis.suspend(), () => redis.proceed()]
	])('%s: doubt within 3 s, and it works again', async (_title, go, back) => {
		const [a, b] = [open(), open()];
		await expect.poll(() => [a.doubts(), b.doubts()]).toEqual([1, 1]);
		const since = performance.now();
		await go();
		await expect.poll(() => [a.doubts(), b.doubts()], { timeout: 5_000 }).toEqual([2, 2]);
		expect(performance.now() - since).toBeLessThan(3_000);
		await back();
		await expect.poll(() => [a.doubts(), b.doubts()], { timeout: 8_000 }).toEqual([3, 3]);
		await reaches(a, b);
		await reaches(b, a);
		await Promise.all([a.bus.close(), b.bus.close()]);
	});
});
