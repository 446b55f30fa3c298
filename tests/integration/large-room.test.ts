import { afterAll, beforeAll, expect, test } from 'vitest';
import { testProduct, type Person, type Product } from '../fixtures/product';

let product: Product;
let ann: Person;
let bob: Person;
let cat: Person;
let dan: Person;
beforeAll(async () => {
	product = await testProduct({ RING_AT_MOST: '2' });
	[ann, bob] = [await product.person('Ann'), await product.person('Bob')];
	[cat, dan] = [await product.person('Cat'), await product.person('Dan')];
});
afterAll(() => product.close());

test('a call in a large room rings those who have read furthest; the others see it, and may come', async () => {
	const media = { microphoneEnabled: true, cameraEnabled: false };
	const { id: roomId } = await ann.api.rooms.create({ name: 'Hall' });
	const { code } = await ann.api.rooms.inviteCode({ roomId });
	for (const one of [bob, cat, dan]) await one.api.rooms.join({ code });
	for (let n = 1; n <= 3; n++)
		await ann.api.messages.send({ roomId, id: crypto.randomUUID(), body: 'hello' });
	await bob.api.rooms.markRead({ roomId, n: 1 });
	await cat.api.rooms.markRead({ roomId, n: 2 });
	await dan.api.rooms.markRead({ roomId, n: 3 });

	const { deviceId } = await ann.api.inbox.open();
	const call = await ann.api.calls.start({ roomId, deviceId, kind: 'audio', ...media });
	expect(call.direct).toBe(false);
	const rung = call.participants.filter((one) => one.invite === 'ringing').map((one) => one.displayName);
	expect(rung.sort()).toEqual(['Cat', 'Dan']);

	expect((await bob.api.calls.get({ callId: call.id })).phase).toBe('ringing');
	const bobs = await bob.api.inbox.open();
	const joined = await bob.api.calls.join({ callId: call.id, deviceId: bobs.deviceId, ...media });
	expect(joined).toMatchObject({ phase: 'active' });
	await ann.api.calls.end({ callId: call.id });
	expect((await bob.api.calls.standing()).missedCount).toBe(0);
	expect((await cat.api.calls.standing()).missedCount).toBe(1);
});
