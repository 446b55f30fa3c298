import { MAX_REPORTED_SAMPLES, MAX_SAMPLE_AGE_MS, type QualitySample } from '../core/call-quality';
import type { InCall } from './call-server';
import { isRefusal, isTooMany } from './notices';
import type { Taken, TakenSample } from './quality-sampler';

export type QualityReport = InCall & { readonly samples: QualitySample[] };

type Kept = { readonly at: InCall; readonly n: number; readonly sample: TakenSample };

type ReporterDeps = {
	readonly send: (report: QualityReport) => Promise<void>;
	/** Unix milliseconds. */
	readonly now: () => number;
};

/** Samples wait for each other: they are for later. */
const INTERVAL_MS = 60_000;
/** While the server is out of reach. */
const RETRY_MS = 15_000;
/** An hour and more of a call of two; of a larger call the last ten minutes. */
const MAX_KEPT = 600;

/**
 * Brings samples to the server, in small batches and in its own time: nothing waits for it. What did not arrive is kept
 * and sent again later. Each sample has its number, so one that did arrive, and whose answer was lost, is stored once.
 */
export function createQualityReporter({ send, now }: ReporterDeps) {
	let kept: Kept[] = [];
	/** Of this page's life, not of the call: a call may be left and entered again by the same device. */
	let n = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let sending = false;
	let closed = false;

	/** The oldest, all of one stay. */
	function nextReport(): QualityReport | null {
		const at = kept[0]?.at;
		if (!at) return null;
		const batch = kept.filter((one) => sameStay(one.at, at)).slice(0, MAX_REPORTED_SAMPLES);
		return { ...at, samples: batch.map(asSent) };
	}

	function asSent({ n: number, sample: { until, ...sample } }: Kept): QualitySample {
		return {
			...sample,
			n: number,
			ageMs: Math.min(MAX_SAMPLE_AGE_MS, Math.max(0, Math.round(now() - until)))
		};
	}

	function dropOld(): void {
		kept = kept.filter(({ sample }) => now() - sample.until < MAX_SAMPLE_AGE_MS).slice(-MAX_KEPT);
	}

	function forget({ samples }: QualityReport): void {
		const numbers = new Set(samples.map((sample) => sample.n));
		kept = kept.filter((one) => !numbers.has(one.n));
	}

	async function flush(): Promise<void> {
		clearTimeout(timer);
		timer = undefined;
		if (sending) return;
		sending = true;
		let failed = false;
		dropOld();
		for (let report = nextReport(); report && !failed && !closed; report = nextReport()) {
			try {
				await send(report);
				forget(report);
			} catch (error) {
				// What the server does not want it will not want later.
				if (isRefusal(error) && !isTooMany(error)) forget(report);
				else failed = true;
			}
		}
		sending = false;
		if (kept.length > 0) schedule(failed ? RETRY_MS : INTERVAL_MS);
	}

	function schedule(afterMs: number): void {
		if (!closed) timer ??= setTimeout(() => void flush(), afterMs);
	}

	return {
		/** Takes samples; they are sent with others. */
		add({ at, samples }: Taken): void {
			for (const sample of samples) kept.push({ at, n: (n += 1), sample });
			dropOld();
			schedule(INTERVAL_MS);
		},
		/** Sends what there is now. */
		flush(): void {
			if (kept.length > 0) void flush();
		},
		/** For a page that goes: what is not known to have arrived. It is kept all the same, as the page may come back. */
		unsent: nextReport,
		close(): void {
			closed = true;
			clearTimeout(timer);
		}
	};
}

const sameStay = (a: InCall, b: InCall): boolean => a.callId === b.callId && a.deviceId === b.deviceId;
