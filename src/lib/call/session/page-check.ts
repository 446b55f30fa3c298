import { failureOf } from '../../link/api';
import type { Link } from '../../link/link';
import { openProbe } from '../media/check-probe';
import { ConnectionChecker, type CheckAnswer } from './connection-checker';

/** The connection check of this page, with the browser's own connections. Nothing is opened before its start. */
export function createPageChecker({
	link,
	hidesAddress
}: {
	readonly link: Pick<Link, 'api' | 'status'>;
	readonly hidesAddress: () => boolean;
}): ConnectionChecker {
	async function ask(signal: AbortSignal): Promise<CheckAnswer> {
		try {
			return await link.api.ice.check.mutate(undefined, { signal });
		} catch (error) {
			const failure = failureOf(error);
			if (!failure) throw error;
			const { retryAfterMs } = failure.details;
			return { retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null };
		}
	}
	return new ConnectionChecker({
		ask,
		link: () => link.status,
		hidesAddress,
		openProbe,
		now: () => performance.now()
	});
}
