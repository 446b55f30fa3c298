/** What a gatherer is told: how to write many at once, and how much one write may hold. */
type Gathering<Item, Outcome> = {
	/** Answers one outcome per item, in their order. When it throws, every item of that write fails with it. */
	write: (items: Item[]) => Promise<Outcome[]>;
	sizeOf: (item: Item) => number;
	/** An item larger than this is still written, alone. */
	maxSize: number;
};

type Waiting<Item, Outcome> = {
	item: Item;
	resolve: (outcome: Outcome) => void;
	reject: (error: unknown) => void;
};

/**
 * Writes what comes at the same time together: one write in flight, the rest gathers behind it.
 *
 * The first one never waits, so a quiet server pays nothing; under load each commit carries what came during
 * the one before it. Nothing overtakes: writes happen in the order of the calls.
 */
export function createGatherer<Item, Outcome>({ write, sizeOf, maxSize }: Gathering<Item, Outcome>) {
	let waiting: Waiting<Item, Outcome>[] = [];
	let writing = false;

	function takeBatch(): Waiting<Item, Outcome>[] {
		let size = 0;
		const fits = waiting.findIndex((one, index) => {
			size += sizeOf(one.item);
			return index > 0 && size > maxSize;
		});
		const batch = fits === -1 ? waiting : waiting.slice(0, fits);
		waiting = fits === -1 ? [] : waiting.slice(fits);
		return batch;
	}

	async function writeAll(): Promise<void> {
		writing = true;
		while (waiting.length > 0) {
			const batch = takeBatch();
			try {
				const outcomes = await write(batch.map((one) => one.item));
				if (outcomes.length !== batch.length) throw new Error('A write must answer one outcome per item.');
				outcomes.forEach((outcome, index) => batch[index]?.resolve(outcome));
			} catch (error) {
				for (const one of batch) one.reject(error);
			}
		}
		writing = false;
	}

	return function gather(item: Item): Promise<Outcome> {
		return new Promise((resolve, reject) => {
			waiting.push({ item, resolve, reject });
			if (!writing) void writeAll();
		});
	};
}
