import { pushMessage, type OverPush, type RingPush } from '../core/push-message';
import { isOver, overNotification, pushedRing } from './notification';
import { withTray, type Tray, type TrayLocks } from './tray';

export type PushDeps = {
	readonly locks: TrayLocks;
	readonly tray: Tray;
	/** The pages of ours in this browser. */
	readonly pages: () => Promise<readonly { visibilityState: DocumentVisibilityState; focused: boolean }[]>;
	/** This device's clock, Unix milliseconds. */
	readonly now: () => number;
};

/**
 * What a push does: it shows what a page would show, so that page and push together make one notification.
 *
 * Browsers want each push to show something. Chromium lets some pass without, for a site that is much used, and then
 * says for us that it "has been updated in the background"; Safari takes the permission away. A page of ours that
 * one sees is enough for Chromium. So we are silent only before such a page, which tells of the call itself.
 */
export class PushArrivals {
	readonly #deps: PushDeps;

	constructor(deps: PushDeps) {
		this.#deps = deps;
	}

	/** @param data what was pushed; anybody who knows a subscription's keys may have */
	async arrived(data: unknown): Promise<void> {
		const parsed = pushMessage.safeParse(data);
		if (!parsed.success) return;
		const message = parsed.data;
		// In order, too, or what is over is shown before its ring, which then stays.
		await withTray(this.#deps.locks, () =>
			message.type === 'ring' ? this.#ring(message) : this.#over(message)
		);
	}

	async #ring(call: RingPush): Promise<void> {
		const [standing] = await this.#standing(call.callId);
		if (standing && isOver(standing)) return; // pushes may overtake each other
		const pages = await this.#deps.pages();
		if (pages.some((page) => page.visibilityState === 'visible' && page.focused)) return;
		const isLate = call.ringUntil <= this.#deps.now();
		const { title, options } = isLate
			? overNotification({ ...call, outcome: 'missed' }, Boolean(standing))
			: pushedRing(call, call.silent || Boolean(standing));
		await this.#deps.tray.showNotification(title, options);
	}

	async #over(call: OverPush): Promise<void> {
		const standing = await this.#standing(call.callId);
		const pages = await this.#deps.pages();
		const isSeen = pages.some(
			(page) => page.visibilityState === 'visible' && (page.focused || call.outcome !== 'missed')
		);
		if (isSeen) {
			for (const one of standing) one.close();
			return;
		}
		// One call makes one sound, and one that somebody dealt with makes none any more.
		const silent = standing.length > 0 || call.outcome !== 'missed';
		const { title, options } = overNotification(call, silent);
		await this.#deps.tray.showNotification(title, options);
	}

	#standing(callId: string): Promise<readonly Notification[]> {
		return this.#deps.tray.getNotifications({ tag: callId });
	}
}
