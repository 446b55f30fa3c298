import { expect, type Page } from '@playwright/test';
import { accept, callRegion } from '../fixtures/call-page';
import { expectMedia, openRoom, type BrowserPerson } from '../fixtures/people';
import { test } from '../fixtures/shared-server';

/** The connection stands, and what somebody sends does not come. */
let ann: BrowserPerson;
let bob: BrowserPerson;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ server, browser }) => {
	[ann, bob] = await openRoom(server.url, browser, ['Ann', 'Bob'], 'Studio');
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
});
test.afterAll(async () => {
	await Promise.all([ann?.close(), bob?.close()]);
});

const connections = (page: Page) => page.evaluate(() => window.observed.peers.length);

/** Behind the back of the product: nothing in the page knows that this sender sends nothing. */
const loseSound = (page: Page) =>
	page.evaluate(async () => {
		for (const sender of window.observed.peers.flatMap((peer) => peer.getSenders())) {
			if (sender.track?.kind === 'audio') await sender.replaceTrack(null);
		}
	});

/** Packets of sound that came over the connection that stands. */
const soundOf = (page: Page) =>
	page.evaluate(async () => {
		let packets = 0;
		for (const stat of (await window.observed.peers.at(-1)!.getStats()).values()) {
			if (stat.type === 'inbound-rtp' && stat.kind === 'audio') packets += stat.packetsReceived ?? 0;
		}
		return packets;
	});

test('sound that is lost on the way is brought back by another connection', async () => {
	const before = await connections(ann.page);
	await loseSound(bob.page);
	await expect.poll(() => connections(ann.page), { timeout: 20_000 }).toBe(before + 1);
	await expect.poll(() => soundOf(ann.page), { timeout: 20_000 }).toBeGreaterThan(0);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	await expect(callRegion(ann.page).getByText(/No sound comes/)).toHaveCount(0);
});

test('what no connection brings back is said, here and in the record, until it comes again', async () => {
	const before = await connections(ann.page);
	await bob.page.evaluate(() => {
		// From now on no new connection gets a microphone either.
		const native = RTCPeerConnection.prototype.addTransceiver;
		const isSound = (track: MediaStreamTrack | string | null) =>
			typeof track !== 'string' && track?.kind === 'audio';
		RTCPeerConnection.prototype.addTransceiver = function (track, init) {
			return native.call(this, isSound(track) ? 'audio' : track, init);
		};
		const replace = RTCRtpSender.prototype.replaceTrack;
		RTCRtpSender.prototype.replaceTrack = function (track) {
			return replace.call(this, isSound(track) ? null : track);
		};
		Object.assign(window, { replace });
	});
	await loseSound(bob.page);
	const words = callRegion(ann.page).getByText('No sound comes from Bob: their microphone may be held back');
	await expect(words).toBeVisible({ timeout: 30_000 });
	expect(await connections(ann.page)).toBe(before + 1);
	// Nothing else is lost by it.
	await expect(callRegion(bob.page).getByText(/comes from Ann/)).toHaveCount(0);
	await ann.page.getByRole('button', { name: 'Call status' }).click();
	await ann.page.getByText('What happened').click();
	await expect(ann.page.getByText('Bob: no audio comes')).toBeVisible();

	await bob.page.evaluate(async () => {
		const { replace } = window as unknown as { replace: RTCRtpSender['replaceTrack'] };
		const [microphone] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
		const [audio] = window.observed.peers.at(-1)!.getTransceivers();
		await replace.call(audio!.sender, microphone!);
	});
	await expect(words).toBeHidden();
	await expect(ann.page.getByText('Bob: all comes again')).toBeVisible();
});

test('a microphone that its system mutes is explained to its person, and to the others it is muted', async () => {
	const hold = (muted: boolean) =>
		ann.page.evaluate((isMuted) => {
			const senders = window.observed.peers.at(-1)!.getSenders();
			const microphone = senders.find(({ track }) => track?.kind === 'audio')!.track!;
			// As the browser does it when the system's own switch is used.
			Object.defineProperty(microphone, 'muted', { value: isMuted, configurable: true });
			microphone.dispatchEvent(new Event(isMuted ? 'mute' : 'unmute'));
		}, muted);
	const explained = callRegion(ann.page).getByText(/cannot hear you: your microphone is muted by the system/);
	const seen = callRegion(bob.page).getByText('Ann is muted').first();
	await hold(true);
	await expect(explained).toBeVisible();
	await expect(seen).toBeAttached();
	await hold(false);
	await expect(explained).toBeHidden();
	await expect(seen).not.toBeAttached();
});
