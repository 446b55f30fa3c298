import { expect, test } from 'vitest';
import { PushSwitch, pushTroubleWords, type PushTrouble } from './push-switch';

const KEY = Buffer.from([4, ...Array.from({ length: 64 }, (_, i) => 255 - i)]).toString('base64url');
const OTHER_KEY = Buffer.from([4, ...Array.from({ length: 64 }, () => 1)]).toString('base64url');
const keys = { p256dh: KEY, auth: 'A'.repeat(22) };

type Faults = {
	subscribe?: string;
	server?: { key?: string | null; knows?: boolean; fails?: boolean };
	noPush?: boolean;
	noWorker?: boolean;
	workerForbidden?: boolean;
};

/** A browser, and a server that notes what it is told. */
function createWorld({ subscribe, server = {}, noPush, noWorker, workerForbidden }: Faults = {}) {
	const told: string[] = [];
	let held: PushSubscription | null = null;
	let made = 0;
	const subscription = (key: string): PushSubscription => {
		const endpoint = `https://push.example/${(made += 1)}`;
		return {
			endpoint,
			options: { applicationServerKey: new Uint8Array(Buffer.from(key, 'base64url')).buffer },
			toJSON: () => ({ endpoint, keys }),
			async unsubscribe() {
				held = null;
				return true;
			}
		} as unknown as PushSubscription;
	};
	const pushManager = {
		getSubscription: async () => held,
		async subscribe({ applicationServerKey, userVisibleOnly }: PushSubscriptionOptionsInit = {}) {
			if (subscribe) throw new DOMException('no', subscribe);
			expect(userVisibleOnly).toBe(true);
			return (held = subscription(String(applicationServerKey)));
		}
	};
	const registration = noPush ? {} : { pushManager };
	const answer = async () => {
		if (server.fails) throw new Error('out of reach');
	};
	const push = new PushSwitch({
		findRegistration: async () => (noWorker ? null : registration),
		async getRegistration() {
			if (workerForbidden) throw new DOMException('no', 'SecurityError');
			return registration;
		},
		server: {
			key: async () => (server.key === undefined ? KEY : server.key),
			async subscribe({ endpoint }) {
				await answer();
				told.push(`subscribe ${endpoint}`);
				return server.knows ?? true;
			},
			async unsubscribe(endpoint) {
				await answer();
				told.push(`unsubscribe ${endpoint}`);
			}
		}
	});
	return {
		push,
		told,
		server,
		holds: () => held?.endpoint ?? null,
		hold: (key: string) => (held = subscription(key))
	};
}

test('on: the browser subscribes and the server hears of it; off: both forget it', async () => {
	const { push, told, holds } = createWorld();
	expect(await push.turnOn()).toBeNull();
	expect(holds()).toBe('https://push.example/1');
	expect(await push.turnOff()).toBeNull();
	expect(holds()).toBeNull();
	expect(told).toEqual(['subscribe https://push.example/1', 'unsubscribe https://push.example/1']);
	expect(await push.turnOff()).toBeNull();
});

test.each<[string, PushTrouble, Faults]>([
	['permission is blocked, or the window private', 'not-allowed', { subscribe: 'NotAllowedError' }],
	['the push service is out of reach', 'no-service', { subscribe: 'AbortError' }],
	['there is no push', 'no-service', { noPush: true }],
	['the browser forbids the worker', 'no-service', { workerForbidden: true }],
	['the server does not send there', 'unknown-service', { server: { knows: false } }],
	['the server does not push', 'server-off', { server: { key: null } }],
	['the server does not answer', 'no-server', { server: { fails: true } }]
])('%s -> %s, and it is off', async (_title, trouble, faults) => {
	const { push, holds } = createWorld(faults);
	expect(await push.turnOn()).toBe(trouble);
	expect(holds()).toBeNull();
	expect(pushTroubleWords(trouble)).toMatch(/^[A-Z].*\.$/);
});

test('not turned off while the server does not answer: it would go on ringing', async () => {
	const { push, server, holds } = createWorld();
	await push.turnOn();
	server.fails = true;
	expect(await push.turnOff()).toBe('no-server');
	expect(holds()).not.toBeNull();
});

test('a page that is loaded tells again what the browser holds', async () => {
	const { push, told, hold } = createWorld();
	hold(KEY);
	expect(await push.begin()).toBe('on');
	expect(told).toEqual(['subscribe https://push.example/1']);
});

test('for other keys than the server has, it subscribes anew', async () => {
	const { push, told, hold, holds } = createWorld();
	hold(OTHER_KEY);
	expect(await push.begin()).toBe('on');
	expect(holds()).toBe('https://push.example/2');
	expect(told).toEqual(['subscribe https://push.example/2']);
});

test('for other keys, and the server does not hear of it: the new one is kept, and told by the next page', async () => {
	const { push, server, hold, holds } = createWorld({ server: { fails: true } });
	hold(OTHER_KEY);
	expect(await push.begin()).toBe('on');
	expect(holds()).toBe('https://push.example/2');
	server.fails = false;
	expect(await push.begin()).toBe('on');
	expect(holds()).toBe('https://push.example/2');
});

test('a server that does not send there any more: it is off, and says so', async () => {
	const { push, hold, holds } = createWorld({ server: { knows: false } });
	hold(KEY);
	expect(await push.begin()).toBe('off');
	expect(holds()).toBeNull();
});

test.each<[string, Faults, 'on' | 'off', string | null]>([
	['no subscription', {}, 'off', null],
	['no worker', { noWorker: true }, 'off', null],
	['the server is off', { server: { key: null } }, 'on', OTHER_KEY],
	['the server does not answer', { server: { fails: true } }, 'on', KEY],
	['the new one is refused by the browser', { subscribe: 'NotAllowedError' }, 'off', OTHER_KEY]
])('a page that is loaded, %s', async (_title, faults, state, held) => {
	const { push, told, hold } = createWorld(faults);
	if (held) hold(held);
	expect(await push.begin()).toBe(state);
	expect(told).toEqual([]);
});
