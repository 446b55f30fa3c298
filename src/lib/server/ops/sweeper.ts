import { repeat } from './repeat';

/** What the passing of time does, in the words of the rooms that do it. */
type SweeperDeps = {
	sweepDeadlines: () => Promise<number>;
	/** Of calls that are over, in their rooms' messages. */
	writeCallLines: () => Promise<number>;
	/** Called when silence until now was ours: at the start, and after the database was out of reach. */
	forgiveSilence: () => Promise<void>;
	/** Whole mailboxes whose oldest signal is too old, or that hold too much. */
	resetExpiredMailboxes: () => Promise<void>;
	/** Rows that nobody reads again. Seldom. */
	sweepRows: () => Promise<void>;
	onError: (error: unknown) => void;
	now?: () => number;
};

const SWEEP_INTERVAL_MS = 500;
const ROWS_INTERVAL_MS = 10_000;
/** A longer gap between two sweeps that worked means that nobody could be heard in between. */
const OUTAGE_MS = 4_000;

/**
 * Fires deadlines. They are rows, so a restart delays them and loses none.
 *
 * Silence counts only while the sweeper itself has had the database the whole time: devices that could not
 * reach us get a whole new lease, so a restart or an outage ends no call.
 */
export function startSweeper(deps: SweeperDeps): { stop: () => Promise<void> } {
	const now = deps.now ?? (() => performance.now());
	let lastGood = -Infinity;
	let lastRows = now();

	return repeat(async () => {
		try {
			if (now() - lastGood > OUTAGE_MS) await deps.forgiveSilence();
			await deps.sweepDeadlines();
			await deps.writeCallLines();
			await deps.resetExpiredMailboxes();
			if (now() - lastRows > ROWS_INTERVAL_MS) {
				await deps.sweepRows();
				lastRows = now();
			}
			lastGood = now();
		} catch (error) {
			deps.onError(error);
		}
		return SWEEP_INTERVAL_MS;
	});
}
