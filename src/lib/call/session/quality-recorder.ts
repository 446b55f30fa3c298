import type { Link } from '../../link/link';
import type { CallSession } from './call-session';
import type { PageLife } from './page-life';
import { createQualityReporter, type QualityReport } from './quality-reporter';
import { QualitySampler } from './quality-sampler';

type RecorderDeps = {
	readonly session: Pick<CallSession, 'view' | 'subscribe'>;
	readonly page: PageLife;
	readonly send: (report: QualityReport) => Promise<void>;
	/** Unix milliseconds on this device's clock. */
	readonly now?: () => number;
};

/** Nothing waits for a report, and a slow one must not hold a connection that something else waits for. */
const REPORT_TIMEOUT_MS = 10_000;

export const createQualitySender =
	({ calls }: Pick<Link['api'], 'calls'>): RecorderDeps['send'] =>
	(report) =>
		calls.reportQuality.mutate(report, { signal: AbortSignal.timeout(REPORT_TIMEOUT_MS) });

/** Tells the server how the connections of this page's calls are, for who asks afterwards why a call was bad. */
export function openQualityRecorder({ session, page, send, now = Date.now }: RecorderDeps): () => void {
	const sampler = new QualitySampler();
	const reporter = createQualityReporter({ send, now });

	function finish(): void {
		const last = sampler.finish(now());
		if (last) reporter.add(last);
	}

	let wasIn = false;
	const unsubscribe = session.subscribe(() => {
		const { view } = session;
		const taken = sampler.look(view, now());
		if (taken) reporter.add(taken);
		// Whoever left wants to know how it was, and not in a minute.
		if (wasIn && !view.current) reporter.flush();
		wasIn = view.current !== null;
	});
	const unlisten = page.listen({
		leaving() {
			finish();
			const report = reporter.unsent();
			if (report) page.postOnLeaving('/trpc/calls.reportQuality', report);
		},
		back: () => undefined,
		networkChanged: () => reporter.flush()
	});
	return () => {
		unsubscribe();
		unlisten();
		finish();
		reporter.flush();
		reporter.close();
	};
}
