import type { CallSnapshot } from '../core/snapshot';

type MeshInboxDeps<Item> = {
	/** Takes one, and then the next. */
	readonly take: (item: Item) => Promise<void>;
	readonly fetchSnapshot: () => Promise<CallSnapshot>;
	readonly onFetched: (call: CallSnapshot) => void;
	/** A line for the log. */
	readonly report: (what: string) => void;
};

const FETCH_RETRY_MS = 500;
const MAX_FETCH_RETRY_MS = 5_000;

/** Takes the signals of a call in their order: while one waits for a newer snapshot, those behind it wait too. */
export function createMeshInbox<Item>({ take, fetchSnapshot, onFetched, report }: MeshInboxDeps<Item>) {
	const waiting: Item[] = [];
	let draining = false;
	let closed = false;
	/** Ends the pause before the snapshot is asked for again. */
	let wake: () => void = () => {};

	async function drain(): Promise<void> {
		if (draining) return;
		draining = true;
		for (let item = waiting[0]; item !== undefined && !closed; item = waiting[0]) {
			await take(item);
			waiting.shift();
		}
		draining = false;
	}

	function pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	return {
		put(item: Item): void {
			waiting.push(item);
			void drain();
		},
		/** For `take`: fetches the snapshot when we are behind. */
		async catchUp(isBehind: () => boolean): Promise<void> {
			for (
				let waitMs = FETCH_RETRY_MS;
				!closed && isBehind();
				waitMs = Math.min(waitMs * 2, MAX_FETCH_RETRY_MS)
			) {
				const fetched = await fetchSnapshot().catch(() => null);
				// Still behind after an answer, the writer is wrong and not we: no second question.
				if (fetched) return onFetched(fetched);
				report('the call could not be fetched; asking again');
				await pause(waitMs);
			}
		},
		/** A snapshot came by another way. */
		wake: () => wake(),
		close(): void {
			closed = true;
			waiting.length = 0;
			wake();
		}
	};
}
