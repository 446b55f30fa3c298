import { expect, test } from '@playwright/test';
import { accept, callRegion, decline } from '../fixtures/call-page';
import { openPeople, shareRoom } from '../fixtures/people';
import { startServer } from '../fixtures/server';

test('alone in a group call: asked whether to stay; who does not answer finds it ended', async ({
	browser
}) => {
	const server = await startServer({ STUN_URLS: 'none', ALONE_LIMIT_SECONDS: '6' });
	try {
		const [ann, bob, cem] = await openPeople(server.url, browser, ['Ann', 'Bob', 'Cem']);
		await shareRoom(ann, [bob, cem], 'Hut');
		await ann.page.getByRole('button', { name: 'Start audio call' }).click();
		await accept(bob.page);
		await decline(cem.page);
		await bob.page.getByRole('button', { name: 'Leave call' }).click();

		const call = callRegion(ann.page);
		await expect(call).toContainText('You are alone in this call');
		const since = await aloneSince(server);
		await call.getByRole('button', { name: 'Stay in the call' }).click();
		await expect.poll(() => aloneSince(server)).toBeGreaterThan(since);
		await expect(call).toContainText('You are alone in this call');

		await expect(ann.page.getByText('Call ended')).toBeVisible({ timeout: 15_000 });
		await expect(call).toBeHidden();
		await Promise.all([ann, bob, cem].map((one) => one.close()));
	} finally {
		await server.stop();
	}
});

/** Since when somebody is alone, by the database. */
async function aloneSince({ database }: Awaited<ReturnType<typeof startServer>>): Promise<number> {
	const [row] = await database.sql<{ since: number }[]>`
		select extract(epoch from alone_since)::float8 as since from calls`;
	return row?.since ?? 0;
}
