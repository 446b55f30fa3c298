import { expect, test } from '@playwright/test';
import { accept, callRegion, fact, openStatus, whatHappened } from '../fixtures/call-page';
import { untilMovingAgain, watchFrames } from '../fixtures/frame-watch';
import { openPeopleAtHome, type PeopleAtHome } from '../fixtures/net/people-at-home';
import type { TwoNats } from '../fixtures/net/two-nats';
import { expectMedia, shareRoom, type BrowserPerson } from '../fixtures/people';
import { selectedPair } from '../fixtures/selected-pair';
import { startServer, type TestServer } from '../fixtures/server';

/** Each in a network namespace of their own, behind a NAT: what passes between the two, the test decides. */
test.describe.configure({ mode: 'serial' });

let home: PeopleAtHome<TestServer>;
let nats: TwoNats;
let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async () => {
	home = await openPeopleAtHome((env) => startServer(env));
	({ nats, ann, bob } = home);
	await shareRoom(ann, bob, 'Kitchen');
});
test.afterAll(() => home?.close());

async function talk(): Promise<void> {
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
}

test('the direct path between two NATs is cut in a call: media returns by itself, through the relay', async () => {
	await talk();
	for (const { page } of [ann, bob]) {
		await expect.poll(async () => (await selectedPair(page))?.local).toMatch(/srflx|prflx/);
	}
	const panel = await openStatus(ann.page);
	const watches = await Promise.all([watchFrames(ann.page), watchFrames(bob.page)]);
	const cutAt = Date.now();
	nats.set({ apart: true });
	const again = await Promise.all(watches.map((moments) => untilMovingAgain(moments, cutAt, 30_000)));
	const description = again.map((at) => `${at - cutAt} ms`).join(' and ');
	test.info().annotations.push({ type: 'from the cut to media again', description });
	await expect(fact(panel, 'Path')).toHaveText('relay');
	await expect(fact(panel, 'Connection')).toHaveText('connected');
	expect(await whatHappened(panel)).toContain('Bob: path relay');
	await ann.page.getByRole('button', { name: 'Leave call' }).click();
	await expect(callRegion(bob.page)).toBeHidden();
});

test('behind symmetric NATs that drop UDP the call comes up, through TURN over TCP', async () => {
	nats.set({ symmetric: true, withoutUdp: true });
	await talk();
	for (const { page } of [ann, bob]) {
		await expect.poll(() => selectedPair(page)).toMatchObject({ local: 'relay', by: 'tcp' });
	}
	await expect(fact(await openStatus(bob.page), 'Path')).toHaveText('relay');
});
