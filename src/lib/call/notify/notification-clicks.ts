import { notificationData, type NotificationData } from './notification';
import { claim, toWorker, type CallAnswer, type Claim, type WorkerMessage } from './messages';

/** What of a page the service worker uses. */
export type PageClient = {
	readonly url: string;
	postMessage(message: WorkerMessage, transfer?: Transferable[]): void;
	focus(): Promise<unknown>;
};

/** What of its own scope it uses. TypeScript knows either a page's names or a worker's, not both in one project. */
export type WorkerDeps = {
	pages(): Promise<readonly PageClient[]>;
	openPage(path: string): Promise<unknown>;
	/** Declines without a page. @returns whether the server took it */
	decline(callId: string): Promise<boolean>;
	/** Ends after this many milliseconds. */
	wait(ms: number): Promise<unknown>;
};

/** Firefox lets a press open or focus a page for one second. */
const ANSWERS_WITHIN_MS = 400;

/** What a press on a notification does. */
export class NotificationClicks {
	readonly #deps: WorkerDeps;
	/** Calls for whose answer a page was opened that has not asked for it yet. A worker that is stopped before loses them: they ring on. */
	readonly #opened = new Set<string>();

	constructor(deps: WorkerDeps) {
		this.#deps = deps;
	}

	/** @param action the button's; '' for the notification itself */
	async clicked(action: string, data: unknown): Promise<void> {
		const parsed = notificationData.safeParse(data);
		if (!parsed.success) return; // not one of ours
		const { callId, roomId, over } = parsed.data;
		if (over) return this.#openRoom(roomId);
		const answer = action === 'accept' || action === 'decline' ? action : 'show';
		const page = await this.#choosePage(callId);
		if (!page) return this.#answerWithoutPage(answer, parsed.data);
		page.postMessage({ type: 'call-answer', callId, answer });
		// Who declines goes on with what they are doing.
		if (answer !== 'decline') await bringToFront(page);
	}

	/**
	 * A page says that it was opened to answer. Only one that was opened here is told to: an address can be made by
	 * anybody, also by the caller, and must not turn on a microphone.
	 */
	heard(message: unknown, page: Pick<PageClient, 'postMessage'>): void {
		const parsed = toWorker.safeParse(message);
		if (!parsed.success || !this.#opened.delete(parsed.data.callId)) return;
		page.postMessage({ type: 'call-answer', callId: parsed.data.callId, answer: 'accept' });
	}

	async #answerWithoutPage(answer: CallAnswer['answer'], { callId, roomId }: NotificationData) {
		if (answer === 'decline') {
			// Somebody who is not signed in any more, or a server out of reach: the page says it, and it may still ring.
			const isDeclined = await this.#deps.decline(callId).catch(() => false);
			if (!isDeclined) await this.#deps.openPage(`/rooms/${roomId}`);
			return;
		}
		if (answer === 'show') return void (await this.#deps.openPage(`/rooms/${roomId}`));
		this.#opened.add(callId);
		await this.#deps.openPage(`/rooms/${roomId}?answer=${callId}`);
	}

	/** In a page that shows it, else in one of its own: what another page shows is not taken away. */
	async #openRoom(roomId: string): Promise<void> {
		const path = `/rooms/${roomId}`;
		const pages = await this.#deps.pages();
		const page = pages.find(({ url }) => new URL(url).pathname === path);
		if (page) await bringToFront(page);
		else await this.#deps.openPage(path);
	}

	/** Pages that do not answer are not asked to do anything: signed out, frozen, or no page of the product. */
	async #choosePage(callId: string): Promise<PageClient | null> {
		const pages = await this.#deps.pages();
		const answered: { page: PageClient; claim: Claim }[] = [];
		const answers = pages.map(async (page) => {
			const found = await ask(page, callId);
			if (found) answered.push({ page, claim: found });
		});
		await Promise.race([Promise.all(answers), this.#deps.wait(ANSWERS_WITHIN_MS)]);
		return choosePage(answered);
	}
}

/** No browser does so without a press that it trusts. */
async function bringToFront(page: PageClient): Promise<void> {
	await page.focus().catch(() => undefined);
}

/** One that knows of the ring, rather one that is in a call, rather one in front. */
export function choosePage<Page>(answered: readonly { page: Page; claim: Claim }[]): Page | null {
	const rank = ({ rings, inCall, inFront }: Claim) => (rings ? 4 : 0) + (inCall ? 2 : 0) + (inFront ? 1 : 0);
	const best = [...answered].sort((a, b) => rank(b.claim) - rank(a.claim))[0];
	return best?.page ?? null;
}

function ask(page: PageClient, callId: string): Promise<Claim | null> {
	const { port1, port2 } = new MessageChannel();
	return new Promise((resolve) => {
		port1.onmessage = ({ data }: MessageEvent<unknown>) => {
			port1.close();
			resolve(claim.safeParse(data).data ?? null);
		};
		page.postMessage({ type: 'call-who', callId }, [port2]);
	});
}
