import type { IceAnswer } from './ice-keeper';

/**
 * Asks for the ICE servers of a call while it rings: whoever is invited to it may, and whoever accepts it waits for nothing then. One
 * answer at a time, used once.
 */
export function createIceAhead(ask: (callId: string) => Promise<IceAnswer>, now: () => number = Date.now) {
	let ahead: { callId: string; askedAt: number; answer: IceAnswer | null } | null = null;

	async function askAhead(callId: string): Promise<void> {
		const asking = { callId, askedAt: now(), answer: null as IceAnswer | null };
		ahead = asking;
		asking.answer = await ask(callId).catch(() => null);
	}

	return {
		/** This one may be asked for soon; null: none. */
		expect(callId: string | null): void {
			if (ahead?.callId === callId) return;
			ahead = null;
			if (callId !== null) void askAhead(callId);
		},
		/** @returns the answer from before, its instants moved to now; another one where that has not come, and may never */
		async ask(callId: string): Promise<IceAnswer> {
			const before = ahead?.callId === callId ? ahead : null;
			ahead = null;
			if (!before?.answer) return ask(callId);
			return { ...before.answer, serverNow: before.answer.serverNow + (now() - before.askedAt) };
		}
	};
}
