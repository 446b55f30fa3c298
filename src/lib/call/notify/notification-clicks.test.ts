import { expect, test } from 'vitest';
import type { Claim } from './messages';
import { choosePage, NotificationClicks, type PageClient } from './notification-clicks';

const ROOM = '018f2c52-0000-7000-8000-000000000001';
const CALL = '018f2c52-0000-7000-8000-00000000000a';
const data = { callId: CALL, roomId: ROOM };

type Answer = Claim | 'silent' | 'junk';

function createWorker(
	answers: Record<string, Answer>,
	{ focusFails = false, declines = async () => true } = {}
) {
	const log: string[] = [];
	const pages = Object.entries(answers).map(([name, answer]): PageClient => ({
		url: `https://parley.example/rooms/${name}`,
		postMessage(message, [port] = []) {
			if (message.type === 'call-answer') return void log.push(`${name}: ${message.answer}`);
			if (answer !== 'silent') (port as MessagePort).postMessage(answer);
		},
		async focus() {
			if (focusFails) throw new Error('not allowed');
			log.push(`${name} in front`);
		}
	}));
	const clicks = new NotificationClicks({
		pages: async () => pages,
		openPage: async (path) => void log.push(`open ${path}`),
		decline(callId) {
			log.push(`declined ${callId}`);
			return declines();
		},
		// Whoever is to answer has done so by then.
		wait: () => new Promise((resolve) => setTimeout(resolve, 50))
	});
	return { clicks, log };
}

const rings: Claim = { rings: true, inCall: false, inFront: false };

test.each([
	['accept', ['one: accept', 'one in front']],
	['', ['one: show', 'one in front']],
	['snooze', ['one: show', 'one in front']],
	['decline', ['one: decline']]
])('pressed: "%s"', async (action, done) => {
	const { clicks, log } = createWorker({ one: rings });
	await clicks.clicked(action, data);
	expect(log).toEqual(done);
});

test('one page only, and rather the one that is in a call', async () => {
	const { clicks, log } = createWorker({ one: rings, two: { ...rings, inCall: true }, three: rings });
	await clicks.clicked('accept', data);
	expect(log).toEqual(['two: accept', 'two in front']);
});

test('a page that cannot be brought to the front is told all the same', async () => {
	const { clicks, log } = createWorker({ one: rings }, { focusFails: true });
	await clicks.clicked('accept', data);
	expect(log).toEqual(['one: accept']);
});

test('pages that say nothing, or nothing we know, are none', async () => {
	const { clicks, log } = createWorker({ frozen: 'silent', foreign: 'junk', one: rings });
	await clicks.clicked('accept', data);
	expect(log).toEqual(['one: accept', 'one in front']);
});

test.each([
	['accept', `open /rooms/${ROOM}?answer=${CALL}`],
	['', `open /rooms/${ROOM}`],
	['decline', `declined ${CALL}`]
])('without a page: "%s"', async (action, done) => {
	const { clicks, log } = createWorker({ frozen: 'silent' });
	await clicks.clicked(action, data);
	expect(log).toEqual([done]);
});

test.each([
	['refused', async () => false],
	['out of reach', () => Promise.reject(new Error('no network'))]
])('declined without a page, and the server is %s: a page shows what is', async (_title, declines) => {
	const { clicks, log } = createWorker({}, { declines });
	await clicks.clicked('decline', data);
	expect(log).toEqual([`declined ${CALL}`, `open /rooms/${ROOM}`]);
});

test('of a call that is over, it shows the room: in a page that has it, else in a new one', async () => {
	const { clicks, log } = createWorker({ one: rings, [ROOM]: 'silent' });
	await clicks.clicked('', { ...data, over: true });
	await clicks.clicked('', { ...data, roomId: CALL, over: true });
	expect(log).toEqual([`${ROOM} in front`, `open /rooms/${CALL}`]);
});

test.each([null, {}, { callId: CALL }, { ...data, roomId: '../evil' }])(
	'(ignored) what is not ours: %j',
	async (foreign) => {
		const { clicks, log } = createWorker({ one: rings });
		await clicks.clicked('accept', foreign);
		expect(log).toEqual([]);
	}
);

test('the page that was opened to answer is told so once, and no other page ever', async () => {
	const { clicks } = createWorker({});
	const told: unknown[] = [];
	const page = { postMessage: (message: unknown) => void told.push(message) };
	const opened = { type: 'call-opened', callId: CALL };
	clicks.heard(opened, page); // an address that somebody else made
	expect(told).toEqual([]);
	await clicks.clicked('accept', data);
	clicks.heard({ ...opened, callId: ROOM }, page);
	clicks.heard('call-opened', page);
	clicks.heard(opened, page);
	clicks.heard(opened, page); // the same page, loaded again
	expect(told).toEqual([{ type: 'call-answer', callId: CALL, answer: 'accept' }]);
});

test('choosePage: rings before in a call before in front; null of none', () => {
	const page = (name: string, claim: Partial<Claim>) => ({
		page: name,
		claim: { rings: false, inCall: false, inFront: false, ...claim }
	});
	expect(choosePage([])).toBeNull();
	expect(choosePage([page('a', {}), page('b', { inFront: true })])).toBe('b');
	expect(choosePage([page('a', { inFront: true }), page('b', { inCall: true })])).toBe('b');
	expect(choosePage([page('a', { inCall: true, inFront: true }), page('b', { rings: true })])).toBe('b');
});
