import { expect } from '@playwright/test';
import { accept, callRegion, decline } from '../fixtures/call-page';
import { makeDue } from '../fixtures/deadlines';
import { openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

let ann: BrowserPerson;
let bob: BrowserPerson;
let cem: BrowserPerson;
let roomId: string;

test.beforeAll(async ({ server, browser }) => {
	[ann, bob, cem] = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cem']);
	roomId = await shareRoom(ann, [bob, cem], 'Hut');
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close(), cem?.close()]);
});

test('alone in a group call: asked whether to stay; who does not answer finds it ended', async ({
	server
}) => {
	/** Since when somebody is alone, by the database; 0 when nobody is. */
	async function aloneSince(): Promise<number> {
		const [row] = await server.database.sql<{ since: number | null }[]>`
			select extract(epoch from alone_since)::float8 as since from calls where room_id = ${roomId}`;
		return row?.since ?? 0;
	}

	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await accept(bob.page);
	await decline(cem.page);
	await bob.page.getByRole('button', { name: 'Leave call' }).click();

	const call = callRegion(ann.page);
	await expect(call).toContainText('You are alone in this call');
	const since = await aloneSince();
	expect(since).toBeGreaterThan(0);
	await call.getByRole('button', { name: 'Stay in the call' }).click();
	await expect.poll(aloneSince).toBeGreaterThan(since);
	await expect(call).toContainText('You are alone in this call');

	await makeDue(server.database, roomId, { alone: 'too long' });
	await expect(ann.page.getByText('Call ended')).toBeVisible();
	await expect(call).toBeHidden();
});
