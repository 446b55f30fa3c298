import type { IceAnswer } from './ice-keeper';

/**
 * Asks for the ICE servers of a call while it rings: whoever is invited to it may, and whoever accepts it waits for nothing then. One
 * answer at a time, used once.
 */
export function createIceAhead(ask: (callId: string) => Promise<IceAnswer>, now: () => number = Date.now) {
	let ahead: { callId: string; askedAt: number; answer: Promise<IceAnswer | null> } | null = null;

	return {
		/** This one may be asked for soon; null: none. */
		expect(callId: string | null): void {
			if (ahead?.callId === callId) return;
			ahead = callId === null ? null : { callId, askedAt: now(), answer: ask(callId).catch(() => null) };
		},
		/** @returns the answer from before, its instants moved to now, or another one */
		async ask(callId: string): Promise<IceAnswer> {
			const before = ahead?.callId === callId ? ahead : null;
			ahead = null;
			const answer = await before?.answer;
			if (!before || !answer) return ask(callId);
			return { ...answer, serverNow: answer.serverNow + (now() - before.askedAt) };
		}
	};
}
