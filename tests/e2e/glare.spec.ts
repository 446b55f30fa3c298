import { expect } from '@playwright/test';
import type { CallKind } from '../../src/lib/call/core/snapshot';
import { incoming } from '../fixtures/call-page';
import { expectMedia, openPerson, shareRoom, type BrowserPerson } from '../fixtures/people';
import type { TestServer } from '../fixtures/server';
import { test } from '../fixtures/shared-server';

/** Both press the button: they meet in one call. */
let server: TestServer;
let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server: shared }) => {
	server = shared;
	[ann, bob] = await Promise.all([openPerson(server.url, 'Ann'), openPerson(server.url, 'Bob')]);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

/** Rests a real pointer on the button; the answer presses it, and resolves with when the page saw that. */
async function pointAtStart({ page }: BrowserPerson, kind: CallKind): Promise<() => Promise<number>> {
	const button = page.getByRole('button', { name: `Start ${kind} call` });
	const { x, y, width, height } = (await button.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
	await page.mouse.move(x + width / 2, y + height / 2);
	const pressed = await page.evaluateHandle(() => ({
		at: new Promise<number>((resolve) =>
			document.addEventListener('pointerdown', () => resolve(Date.now()), { capture: true, once: true })
		)
	}));
	return async () => {
		await page.mouse.down();
		await page.mouse.up();
		return pressed.evaluate(({ at }) => at);
	};
}

/**
 * How long after Ann's press for video Bob presses, and for what: before he can know of her call, as it arrives, and when
 * his page shows its ring.
 */
for (const [laterMs, kind] of [
	[0, 'video'],
	[20, 'video'],
	[50, 'video'],
	[200, 'audio']
] as const) {
	test(`both call each other, Bob by ${kind}, ${laterMs} ms apart: one connected call`, async () => {
		const roomId = await shareRoom(ann, bob, `Hall ${kind} ${laterMs}`);
		const [annPresses, bobPresses] = await Promise.all([pointAtStart(ann, 'video'), pointAtStart(bob, kind)]);
		const [annAt, bobAt] = await Promise.all([
			annPresses(),
			new Promise((resolve) => setTimeout(resolve, laterMs)).then(bobPresses)
		]);
		test.info().annotations.push({ type: 'glare', description: `Bob pressed ${bobAt - annAt} ms later` });
		for (const { page } of [ann, bob]) {
			await expect(page.getByRole('timer')).toBeVisible();
			await expect(incoming(page)).toBeHidden();
		}
		await expectMedia(bob.page);
		if (kind === 'video') await expectMedia(ann.page);
		// Nobody's camera goes on who did not ask for it.
		else await expect(bob.page.getByRole('button', { name: 'Turn camera on' })).toBeVisible();
		const calls = await server.database.sql`select phase from calls where room_id = ${roomId}`;
		expect(calls.map(({ phase }) => phase as string)).toEqual(['active']);
		await bob.page.getByRole('button', { name: 'Leave call' }).click();
		await expect(ann.page.getByRole('timer')).toBeHidden();
	});
}
