import { expect } from '@playwright/test';
import type { CallKind } from '../../src/lib/call/core/snapshot';
import { incoming } from '../fixtures/call-page';
import { expectMedia, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import type { TestServer } from '../fixtures/server';
import { test } from '../fixtures/shared-server';

/** Both press the button: they meet in one call. */
let server: TestServer;
let ann: BrowserPerson;
let bob: BrowserPerson;

test.beforeAll(async ({ server: shared, browser }) => {
	server = shared;
	[ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

/** Presses the button with a real pointer, which rests on it already. Resolves with when the page saw that. */
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
 * The same with a pointer of the page's own, in the first frame that shows the ring: from here it would come some time
 * later. Like a real one it meets whatever lies on top.
 */
async function pressAsItRings({ page }: BrowserPerson, kind: CallKind): Promise<() => Promise<number>> {
	const button = await page.getByRole('button', { name: `Start ${kind} call` }).elementHandle();
	const pressed = await page.evaluateHandle((start) => {
		const { x, y, width, height } = start!.getBoundingClientRect();
		const press = () => {
			const met = document.elementFromPoint(x + width / 2, y + height / 2);
			met?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
			return Date.now();
		};
		return {
			at: new Promise<number>((resolve) => {
				const watching = new MutationObserver(() => {
					if (!document.querySelector('[role="alertdialog"]')) return;
					watching.disconnect();
					requestAnimationFrame(() => resolve(press()));
				});
				watching.observe(document.body, { childList: true, subtree: true });
			})
		};
	}, button);
	return () => pressed.evaluate(({ at }) => at);
}

const pressAfter = (ms: number) => async (person: BrowserPerson, kind: CallKind) => {
	const press = await pointAtStart(person, kind);
	return async () => {
		await new Promise((resolve) => setTimeout(resolve, ms));
		return press();
	};
};

/** When Bob presses, and for what: before he can know of Ann's call for video, as it arrives, and when his page shows its ring. */
for (const [when, kind, makeReady] of [
	['0 ms apart', 'video', pressAfter(0)],
	['50 ms apart', 'video', pressAfter(50)],
	['as it rings', 'audio', pressAsItRings]
] as const) {
	test(`both call each other, Bob by ${kind}, ${when}: one connected call`, async () => {
		const roomId = await shareRoom(ann, bob, `Hall ${kind} ${when}`);
		const [annPresses, bobPresses] = await Promise.all([pointAtStart(ann, 'video'), makeReady(bob, kind)]);
		const [annAt, bobAt] = await Promise.all([annPresses(), bobPresses()]);
		test.info().annotations.push({ type: 'glare', description: `Bob pressed ${bobAt - annAt} ms later` });
		for (const { page } of [ann, bob]) {
			await expect(page.getByRole('timer')).toBeVisible();
			await expect(incoming(page)).toBeHidden();
			await expect(page.getByText('Answered on another device')).toHaveCount(0);
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
