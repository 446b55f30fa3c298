import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { createKeys } from '../../src/lib/server/push/keys';
import { createEndpointCheck } from '../../src/lib/server/push/push-services';
import { createPusher, type Pusher, type PusherDeps } from '../../src/lib/server/push/pusher';
import { sessions } from '../../src/lib/server/db/schema';
import { testProduct, type Person, type Product } from '../fixtures/product';
import { openPushService, type PushService } from '../fixtures/push-service';

// Whose test file imports these has, in each test anew, Ann and Bob with a direct room, a session and a device each, and two
// servers that push; on one product and one push service for the file.

export let product: Product;
export let service: PushService;
export let ann: Person;
export let bob: Person;
export let roomId: string;
export let annDevice: string;
export let bobDevice: string;
/** What pushers said of services that did not take a push. */
export const troubles: Parameters<PusherDeps['onTrouble']>[0][] = [];
export let pushers: Pusher[] = [];

export const SUBJECT = 'mailto:ops@example.org';
export const media = { microphoneEnabled: true, cameraEnabled: true };

beforeAll(async () => {
	service = await openPushService();
	product = await testProduct({ PARLEY_PUSH_HOSTS: service.origin });
});
afterAll(async () => {
	await product.close();
	await service.close();
});

beforeEach(async () => {
	service.received.length = 0;
	service.answerWith(() => ({ status: 201 }));
	troubles.length = 0;
	// What an earlier test left ringing is none of this one's business.
	await product.sql`delete from calls`;
	pushers = [openPusher(), openPusher()];
	[ann, bob] = [await person('Ann'), await person('Bob')];
	roomId = (await ann.api.rooms.openDirect({ username: bob.username })).id;
	annDevice = (await ann.api.inbox.open()).deviceId;
	bobDevice = (await bob.api.inbox.open()).deviceId;
	return () => {
		const faults = service.faults.splice(0);
		expect(faults).toEqual([]);
	};
});

export function openPusher(origins = [service.origin]) {
	return createPusher({
		db: product.db,
		keys: createKeys(product.db),
		subject: SUBJECT,
		mayPush: createEndpointCheck(origins),
		onTrouble: (trouble) => troubles.push(trouble),
		onError(error) {
			throw error;
		}
	});
}

/** Somebody with a session in the database. */
export async function person(name: string): Promise<Person> {
	const made = await product.person(name);
	await addSession(made);
	return made;
}

export async function addSession({ userId, identity }: Person, livesMs = 60_000): Promise<void> {
	await product.db
		.insert(sessions)
		.values({ id: identity.id, userId, expiresAt: new Date(Date.now() + livesMs) });
}

/** A browser of theirs, which rings while it is closed. */
export async function subscribe(who: Person) {
	const subscription = service.subscribe();
	await who.api.push.subscribe(subscription);
	return subscription;
}

/** Where this person is told while their browsers are closed, the oldest first. */
export const endpointsOf = async (userId: string) =>
	(
		await product.sql<{ endpoint: string }[]>`
			select endpoint from push_subscriptions where user_id = ${userId} order by created_at`
	).map(({ endpoint }) => endpoint);

/** Both servers look at the same moment, and say what they find. */
export async function push(): Promise<void> {
	await Promise.all(pushers.map((pusher) => pusher.look()));
	await Promise.all(pushers.map((pusher) => pusher.settle()));
}

export const call = (by = { api: ann.api, deviceId: annDevice }) =>
	by.api.calls.start({ roomId, deviceId: by.deviceId, kind: 'video', ...media });

export const leave = (callId: string) => ann.api.calls.leave({ callId, deviceId: annDevice });
