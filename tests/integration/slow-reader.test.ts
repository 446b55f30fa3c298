import { isTrackedEnvelope } from '@trpc/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InboxItem } from '../../src/lib/call/core/inbox';
import { createCallerFactory } from '../../src/lib/server/trpc/base';
import { appRouter } from '../../src/lib/server/trpc/router';
import { testProduct, type Person, type Product } from '../fixtures/product';

const media = { microphoneEnabled: true, cameraEnabled: true };
let product: Product;
let ann: Person;
let bob: Person;

beforeAll(async () => {
	product = await testProduct();
	[ann, bob] = [await product.person('Ann'), await product.person('Bob')];
});
afterAll(() => product.close());

test('a stream whose reader takes nothing reads nothing more for it, and later brings everything, once', async () => {
	const roomId = (await ann.api.rooms.openDirect({ username: bob.username })).id;
	const annDevice = (await ann.api.inbox.open()).deviceId;
	const bobDevice = (await bob.api.inbox.open()).deviceId;
	const call = await ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'video', ...media });
	await bob.api.calls.accept({ callId: call.id, deviceId: bobDevice, ...media });

	let mayWrite = Promise.resolve();
	let asked = 0;
	const { services } = product;
	const api = createCallerFactory(appRouter)(
		{
			services,
			identity: bob.identity,
			hasCredentials: true,
			ip: '127.0.0.1',
			cookie: null,
			mayWrite() {
				asked += 1;
				return mayWrite;
			}
		},
		{ signal: new AbortController().signal }
	);
	const stream = (await api.inbox.stream({ deviceId: bobDevice }))[Symbol.asyncIterator]();
	async function next(): Promise<InboxItem> {
		const { value } = (await stream.next()) as { value: unknown };
		// What a procedure yields as tracked is [id, data, mark].
		if (!isTrackedEnvelope(value)) throw new Error('an item was not tracked');
		return value[1] as InboxItem;
	}
	expect((await next()).type).toBe('state');

	let resume = () => {};
	mayWrite = new Promise((resolve) => (resume = resolve));
	const body = Buffer.alloc(16 * 1024, 'x').toString('base64');
	const SENDS = 120; // 1.9 MiB, far past what is held in memory
	let first: InboxItem | null = null;
	const waiting = next();
	void waiting.then((item) => (first = item));
	for (let n = 1; n <= SENDS; n++) {
		await ann.api.signals.send({
			callId: call.id,
			deviceId: annDevice,
			toDeviceId: bobDevice,
			firstN: n,
			signals: [{ v: 1, kind: 'candidates', callVersion: 2, body }]
		});
	}
	expect([first, asked]).toEqual([null, 2]);

	resume();
	mayWrite = Promise.resolve();
	const seqs: number[] = [];
	for (let item = await waiting; ; item = await next()) {
		if (item.type === 'signal') seqs.push(item.signal.seq);
		if (seqs.length === SENDS) break;
	}
	expect(seqs).toEqual(Array.from({ length: SENDS }, (_, i) => i + 1));
	await stream.return?.();
});
