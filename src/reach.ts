const ANSWER_WITHIN_MS = 3_000;

/** Whether a page would come now. */
export async function isServerThere(): Promise<boolean> {
	try {
		const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
		return (await fetch('/readyz', { cache: 'no-store', signal })).status < 500;
	} catch {
		return false;
	}
}
