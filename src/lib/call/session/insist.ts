import { isRefusal } from './notices';

const TRIES = 4;
const FIRST_PAUSE_MS = 500;

/**
 * Asks until the server has answered, whatever it says: a request that got lost is repeated. Only for requests
 * that may be repeated.
 *
 * @param isOver nobody wants to know any more
 * @throws the server's refusal, or the last failure to reach it
 */
export async function insist<Answer>(ask: () => Promise<Answer>, isOver: () => boolean): Promise<Answer> {
	for (let tries = 1; ; tries += 1) {
		try {
			return await ask();
		} catch (error) {
			if (isRefusal(error) || tries === TRIES || isOver()) throw error;
			await pause(FIRST_PAUSE_MS * 2 ** (tries - 1));
			if (isOver()) throw error;
		}
	}
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
