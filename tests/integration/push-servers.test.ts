import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPushService, type PushService } from '../fixtures/push-service';
import type { TestServer } from '../fixtures/server';
import { apiOf, signUp, startServers, stopServers, type Person } from './several-servers-world';

// The built product: two servers on one database, which push by themselves.

const media = { microphoneEnabled: true, cameraEnabled: true };

let service: PushService;
let servers: TestServer[] = [];
let ann: Person;
let bob: Person;
let roomId: string;
let deviceId: string;

beforeAll(async () => {
	service = await openPushService();
	const env = { PARLEY_PUSH_HOSTS: service.origin, LOG_LEVEL: 'warn' };
	servers = await startServers([env, env]);
	const [here] = servers as [TestServer];
	[ann, bob] = [await signUp(here, 'Ann'), await signUp(here, 'Bob')];
	roomId = (await apiOf(here, ann).rooms.openDirect.mutate({ username: bob.username })).id;
	deviceId = (await apiOf(here, ann).inbox.open.mutate()).deviceId;
}, 60_000);
afterAll(async () => {
	await stopServers(servers);
	await service.close();
});

test('who is nowhere is rung once, hears that it is over once, and signed out nothing more', async () => {
	const [here, there] = servers as [TestServer, TestServer];
	const browsers = [service.subscribe(), service.subscribe(), service.subscribe()];
	for (const browser of browsers) await apiOf(there, bob).push.subscribe.mutate(browser);
	const { publicKey } = await apiOf(here, bob).push.key.query();

	const start = { roomId, deviceId, kind: 'audio' as const, ...media };
	const { id: callId } = await apiOf(here, ann).calls.start.mutate(start);
	const since = performance.now();
	await expect.poll(() => service.received.length, { timeout: 5_000 }).toBe(3);
	console.log(`a ring left for 3 browsers ${Math.round(performance.now() - since)} ms after it began`);
	await apiOf(there, ann).calls.leave.mutate({ callId, deviceId });
	await expect.poll(() => service.received.length, { timeout: 5_000 }).toBe(6);
	for (const browser of browsers) {
		expect(service.at(browser).map(({ message, vapidKey }) => [message.type, vapidKey])).toEqual([
			['ring', publicKey],
			['over', publicKey]
		]);
	}

	await apiOf(here, bob).auth.signOut.mutate();
	const cat = await signUp(here, 'Cat');
	const room = await apiOf(here, ann).rooms.create.mutate({ name: 'Kitchen' });
	const { code } = await apiOf(here, ann).rooms.inviteCode.mutate({ roomId: room.id });
	await apiOf(here, cat).rooms.join.mutate({ code });
	const cats = service.subscribe();
	await apiOf(there, cat).push.subscribe.mutate(cats);
	await apiOf(here, ann).calls.start.mutate(start);
	await apiOf(here, ann).calls.start.mutate({ ...start, roomId: room.id });
	await expect.poll(() => service.at(cats).length, { timeout: 5_000 }).toBe(1);
	// Whoever found Cat's ring found Bob's, which is older, and has nobody to tell of it.
	const found = await here.database.sql`
		select username, push_state from call_participants join users on users.id = user_id
		where invite = 'ringing' order by started_at`;
	expect([...found]).toEqual([
		{ username: bob.username, push_state: null },
		{ username: cat.username, push_state: 'ring' }
	]);
	expect(service.at(cats).map(({ message }) => message.type)).toEqual(['ring']);
	for (const browser of browsers) expect(service.at(browser)).toHaveLength(2);
	expect(service.faults).toEqual([]);
});

test('what a push service does not take is told with its host alone', async () => {
	const [here] = servers as [TestServer];
	const dan = await signUp(here, 'Dan');
	const subscription = service.subscribe();
	await apiOf(here, dan).push.subscribe.mutate(subscription);
	service.answerWith(() => ({ status: 403 }));
	const room = await apiOf(here, ann).rooms.openDirect.mutate({ username: dan.username });
	await apiOf(here, ann).calls.start.mutate({ roomId: room.id, deviceId, kind: 'audio', ...media });
	const said = () => servers.map((server) => server.output()).join('');
	await expect.poll(said, { timeout: 5_000 }).toContain('a push was not taken');
	expect(said()).toContain(new URL(subscription.endpoint).host);
	for (const secret of [
		new URL(subscription.endpoint).pathname,
		subscription.keys.auth,
		subscription.keys.p256dh
	]) {
		expect(said()).not.toContain(secret);
	}
});
