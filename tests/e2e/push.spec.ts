import { expect, test, type BrowserContext, type Page, type Worker } from '@playwright/test';
import { notificationTray } from '../fixtures/notification-tray';
import { openRoom, type BrowserPerson } from '../fixtures/people';
import { openPushService, type PushService, type ReceivedPush } from '../fixtures/push-service';
import { startServer, type TestServer } from '../fixtures/server';

/**
 * Bob has closed Parley. The server sends to a push service on this machine, which opens what was sealed, and the browser's
 * own tools hand that to the worker. Two links are not real: Chromium gets no subscription without its maker's
 * service (one of the local service's is put in its place), and that service does not deliver to it.
 */
let service: PushService;
let server: TestServer;
let ann: BrowserPerson;
let bob: BrowserPerson;
let worker: Worker;
let roomPath: string;
/** A page of nobody's: through it the browser hands over what is pushed, while no page of ours is open. */
let tools: Awaited<ReturnType<BrowserContext['newCDPSession']>>;
let registrationId = '';

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ browser }) => {
	service = await openPushService();
	server = await startServer({ PARLEY_LIMITS: '100', PARLEY_PUSH_HOSTS: service.origin });
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Kitchen');
	roomPath = new URL(bob.page.url()).pathname;
	const blank = await bob.context.newPage();
	tools = await bob.context.newCDPSession(blank);
	tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
		registrationId = registrations[0]?.registrationId ?? registrationId;
	});
	const started = bob.context.waitForEvent('serviceworker');
	await bob.context.grantPermissions(['notifications'], { origin: server.url });
	worker = await started;
	// The tools know the workers of their page's site, and go on knowing them.
	await blank.goto(server.url);
	await tools.send('ServiceWorker.enable');
	await expect.poll(() => registrationId).not.toBe('');
	await blank.goto('about:blank');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
	await server?.stop();
	await service?.close();
});
test.afterEach(() => expect(service.faults).toEqual([]));

/** The next push for Bob's browser, from the moment that it was asked for. */
async function pushed(what: () => Promise<unknown>): Promise<ReceivedPush> {
	const before = service.received.length;
	await what();
	await expect.poll(() => service.received.length).toBeGreaterThan(before);
	const push = service.received.at(-1);
	if (!push) throw new Error('nothing was pushed');
	return push;
}

const deliver = (message: unknown) =>
	tools.send('ServiceWorker.deliverPushMessage', {
		origin: server.url,
		registrationId,
		data: typeof message === 'string' ? message : JSON.stringify(message)
	});

const notifications = async () =>
	(await notificationTray.list(worker)).map(({ title, body, silent, tag, actions }) => {
		const about = [silent ? 'silent' : 'aloud', ...actions];
		return { line: `${title} | ${body} | ${about.join(', ')}`, tag };
	});
/** In whatever order the browser lists them. */
const expectLines = (...lines: string[]) =>
	expect.poll(async () => (await notifications()).map(({ line }) => line).sort()).toEqual(lines.sort());
const press = (action: string) => notificationTray.press(worker, action);

const call = () => ann.page.getByRole('button', { name: 'Start video call' }).click();
const cancel = () => ann.page.getByRole('button', { name: 'Cancel call' }).click();
const RINGS = 'Ann | Video call | aloud, accept: Accept, decline: Decline';

/** The browser subscribes at the local service, as it would at its maker's. */
async function giveSubscription(page: Page): Promise<void> {
	await page.addInitScript((json) => {
		let held: object | null = null;
		Object.assign(PushManager.prototype, {
			getSubscription: async () => held,
			subscribe: async ({ applicationServerKey }: PushSubscriptionOptionsInit) => {
				const text = String(applicationServerKey).replaceAll('-', '+').replaceAll('_', '/');
				const key = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
				return (held = {
					endpoint: json.endpoint,
					options: { applicationServerKey: key.buffer },
					toJSON: () => json,
					unsubscribe: async () => {
						held = null;
						return true;
					}
				});
			}
		});
	}, service.subscribe());
}

test('where the browser has no push service, the settings say so, and it stays off', async () => {
	await bob.page.goto('/settings');
	const wish = bob.page.getByRole('checkbox', { name: 'Ring when Parley is closed' });
	await expect(wish).not.toBeChecked();
	await wish.click();
	await expect(bob.page.getByRole('alert')).toContainText('could not reach its maker’s push service');
	await expect(wish).not.toBeChecked();
});

test('turned on in the settings, a closed browser rings as a page would', async () => {
	await giveSubscription(bob.page);
	await bob.page.goto('/settings');
	const wish = bob.page.getByRole('checkbox', { name: 'Ring when Parley is closed' });
	await wish.click();
	await expect(wish).toBeChecked();
	const held = () => server.database.sql`select endpoint from push_subscriptions`;
	await expect.poll(async () => (await held()).length).toBe(1);
	await wish.click();
	await expect(wish).not.toBeChecked();
	await expect.poll(async () => (await held()).length).toBe(0);
	await wish.click();
	await expect.poll(async () => (await held()).length).toBe(1);
	await bob.page.close();

	const ring = await pushed(call);
	await deliver(ring.message);
	await expectLines(RINGS);
	expect((await notifications())[0]?.tag).toBe(ring.message.callId);
	await deliver(ring.message); // once more: it makes no second sound
	await expectLines(RINGS.replace('aloud', 'silent'));
});

test('cancelled, the ring becomes a missed call, and a ring that comes after it does not ring', async () => {
	const ring = service.received.at(-1);
	const over = await pushed(cancel);
	await deliver(over.message);
	await expectLines('Missed call from Ann | Video call | silent');
	await deliver(ring?.message);
	await deliver('no JSON at all');
	// Pushes take effect in order: what shows after them shows what they did.
	const another = crypto.randomUUID();
	await deliver({ ...ring?.message, callId: another });
	await expect.poll(async () => (await notifications()).map(({ tag }) => tag)).toContain(another);
	await expectLines('Missed call from Ann | Video call | silent', RINGS);
	await notificationTray.dismiss(worker, another);
	await expectLines('Missed call from Ann | Video call | silent');
});

test('pressed, a missed call opens its room', async () => {
	expect(await press('')).toEqual([roomPath]);
	await expectLines();
});

test('a ring that comes late is a missed call', async () => {
	const ring = await pushed(call);
	await pushed(cancel); // which does not arrive
	await deliver({ ...ring.message, ringUntil: Date.now() - 1 });
	await expectLines('Missed call from Ann | Video call | aloud');
	await press('');
});

test('declined in the notification, the call is declined, and no button is left', async () => {
	await deliver((await pushed(call)).message);
	await expectLines(RINGS);
	const over = await pushed(() => press('decline'));
	await expect(ann.page.getByText('Bob declined')).toBeVisible();
	await deliver(over.message);
	await expectLines('Call from Ann | Declined | silent');
	await press('');
});

test('accepted in the notification, a page is opened and answers; before it nothing more is shown', async () => {
	const ring = await pushed(call);
	await deliver(ring.message);
	await expectLines(RINGS);
	const [opened = ''] = await press('accept');
	expect(opened).toBe(`${roomPath}?answer=${ring.message.callId}`);
	const over = await pushed(async () => {
		bob.page = await bob.context.newPage();
		await bob.page.goto(opened);
		await expect(ann.page.getByRole('timer')).toBeVisible();
	});
	expect(over.message).toMatchObject({ type: 'over', outcome: 'answered' });
	// What stands of a third call is taken away last: by then the others have done what they do.
	const third = { callId: crypto.randomUUID(), roomId: over.message.roomId };
	await notificationTray.leave(worker, third);
	await expectLines('Ann |  | aloud');
	await deliver(over.message);
	await deliver({ ...ring.message, callId: crypto.randomUUID() }); // another call, at a page in front
	await deliver({ ...over.message, ...third });
	await expectLines();
	await bob.page.getByRole('button', { name: 'Leave call' }).click();
});

test('who signs out is not rung', async () => {
	await bob.page.getByRole('button', { name: 'Account' }).click();
	await bob.page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(bob.page.getByRole('button', { name: 'Sign in' })).toBeVisible();
	// The rows that a push would be found by are gone; that none is sent then, tests/integration shows.
	expect(await server.database.sql`select from push_subscriptions`).toHaveLength(0);
});
