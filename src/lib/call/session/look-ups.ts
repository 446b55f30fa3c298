import type { CallSnapshot } from '../core/snapshot';
import { pause } from './insist';
import { isGone, isRefusal } from './notices';

export type LookUpDeps = {
	readonly get: (callId: string) => Promise<CallSnapshot>;
	/** Whether anybody still wants to know. */
	readonly isWanted: (callId: string) => boolean;
	readonly onFound: (call: CallSnapshot) => void;
	readonly onGone: (callId: string) => void;
};

const RETRY_MS = 2_000;

/** Asks for calls one by one until there is an answer; each once at a time. */
export function createLookUps(deps: LookUpDeps): (callId: string) => Promise<void> {
	const running = new Set<string>();
	return async (callId) => {
		if (running.has(callId)) return;
		running.add(callId);
		while (deps.isWanted(callId)) {
			try {
				deps.onFound(await deps.get(callId));
				break;
			} catch (error) {
				if (isGone(error)) deps.onGone(callId);
				if (isRefusal(error)) break;
				await pause(RETRY_MS);
			}
		}
		running.delete(callId);
	};
}
