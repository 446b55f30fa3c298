import { expect } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { openPeople, shareRoom } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

// Through a TURN server: `turn-coturn.spec.ts`.
test('without a TURN server nobody can hide their address: who wanted to is told, and called all the same', async ({
	server,
	browser
}) => {
	const [ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
	const choice = ann.page.getByRole('checkbox', { name: 'Hide my network address from the people I call' });
	await ann.page.goto('/settings');
	await expect(ann.page.getByText('Your address cannot be hidden here')).toBeVisible();
	await expect(choice).toBeDisabled();
	// Chosen while there was one.
	await ann.page.evaluate(() => localStorage.setItem('parley.hide-address', 'yes'));
	await ann.page.reload();
	await expect(choice).toBeChecked();

	await shareRoom(ann, bob, 'Kitchen');
	await ann.page.getByRole('button', { name: 'Start audio call' }).click();
	await accept(bob.page);
	await expect(callRegion(ann.page).getByRole('timer')).toBeVisible();
	await expect(ann.page.getByText('your network address is not hidden')).toBeVisible();
	await expect(bob.page.getByText('is not hidden')).toBeHidden();
	await expect
		.poll(() => ann.page.evaluate(() => window.observed.peers.at(-1)?.connectionState))
		.toBe('connected');

	await ann.page.goto('/settings');
	await choice.uncheck(); // and it can be taken back
	await expect(choice).toBeDisabled();
	await Promise.all([ann.close(), bob.close()]);
});
