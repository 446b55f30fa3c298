import { expect, test } from '@playwright/test';
import { accept, fact, hideAddress, openStatus, react, reaction, whatHappened } from '../fixtures/call-page';
import { untilMovingAgain, watchFrames } from '../fixtures/frame-watch';
import { expectMedia, openPeople, shareRoom } from '../fixtures/people';
import { selectedPair } from '../fixtures/selected-pair';
import { startServer } from '../fixtures/server';
import { startTurnServer, TURN_SECRET } from '../fixtures/turn-server';

test('the relay of a call is killed and starts again: media returns by itself, and the panel tells of the ICE restarts', async ({
	browser
}) => {
	const turn = await startTurnServer();
	const server = await startServer({ TURN_URLS: turn.url('udp'), TURN_SECRET, PARLEY_LIMITS: '100' });
	const [ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	try {
		await Promise.all([hideAddress(ann.page), hideAddress(bob.page)]);
		await shareRoom(ann, bob, 'Kitchen');
		await ann.page.getByRole('button', { name: 'Start video call' }).click();
		await accept(bob.page);
		await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
		const watches = await Promise.all([watchFrames(ann.page), watchFrames(bob.page)]);
		const panels = await Promise.all([openStatus(ann.page), openStatus(bob.page)]);
		for (const panel of panels) await expect(fact(panel, 'ICE restarts')).toHaveText('0');

		const cutAt = Date.now();
		await turn.kill();
		await turn.startAgain();
		const again = await Promise.all(watches.map((moments) => untilMovingAgain(moments, cutAt, 30_000)));
		const description = again.map((at) => `${at - cutAt} ms`).join(' and ');
		test.info().annotations.push({ type: 'from the kill to media again', description });

		for (const { page } of [ann, bob]) {
			await expect.poll(() => selectedPair(page)).toMatchObject({ local: 'relay' });
		}
		let restarts = 0;
		let noticed = 0;
		for (const [i, panel] of panels.entries()) {
			await expect(fact(panel, 'Connection')).toHaveText('connected');
			const count = Number(await fact(panel, 'ICE restarts').innerText());
			restarts += count;
			const other = i === 0 ? 'Bob' : 'Ann';
			const told = await whatHappened(panel);
			noticed += Number(told.includes(`${other}: connection disconnected`));
			const counted = told.filter((line) => line.includes('ICE restart')).reverse();
			expect(counted).toEqual(Array.from({ length: count }, (_, one) => `${other}: ICE restart ${one + 1}`));
			// Which path it is, is measured a moment later.
			expect(told.find((line) => !line.includes('path'))).toMatch(/connected|completed/);
		}
		expect(restarts).toBeGreaterThan(0);
		// Who is slow to notice may be healed by the other before.
		expect(noticed).toBeGreaterThan(0);
		// The channel went the same way, and is the same one.
		await Promise.all([
			expect(reaction(ann.page, 'Bob reacts with a heart')).toBeVisible(),
			react(bob.page, 'Heart')
		]);
		const calls = await server.database.sql<{ phase: string }[]>`select phase from calls`;
		expect(calls).toEqual([{ phase: 'active' }]);
	} finally {
		await Promise.all([ann.close(), bob.close()]);
		await server.stop();
		await turn.close();
	}
});
