type Item = { at: number; order: number; run: () => void | Promise<void>; off: boolean };

/** What is to happen, in the order of its time; at the same instant, in the order in which it was asked for. */
export class Timeline {
	/** A heap: no item is before its parent. */
	readonly #heap: Item[] = [];
	#order = 0;
	/** Unix milliseconds of the simulated world. */
	now = 1_700_000_000_000;
	steps = 0;

	/** @returns what calls it off */
	after(ms: number, run: () => void | Promise<void>): () => void {
		const item: Item = { at: this.now + Math.max(0, ms), order: (this.#order += 1), run, off: false };
		const heap = this.#heap;
		let place = heap.length;
		heap.push(item);
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if (!isBefore(item, heap[parent]!)) break;
			heap[place] = heap[parent]!;
			place = parent;
		}
		heap[place] = item;
		return () => void (item.off = true);
	}

	/** Lets the next thing happen. @returns false when nothing is left */
	async step(): Promise<boolean> {
		const item = this.#take();
		if (!item) return false;
		if (item.off) return true;
		this.now = item.at;
		this.steps += 1;
		await item.run();
		return true;
	}

	#take(): Item | undefined {
		const heap = this.#heap;
		const [first] = heap;
		const last = heap.pop();
		if (!last || heap.length === 0) return first;
		let place = 0;
		for (;;) {
			const left = 2 * place + 1;
			if (left >= heap.length) break;
			const right = left + 1;
			const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left;
			if (!isBefore(heap[child]!, last)) break;
			heap[place] = heap[child]!;
			place = child;
		}
		heap[place] = last;
		return first;
	}
}

const isBefore = (a: Item, b: Item) => a.at < b.at || (a.at === b.at && a.order < b.order);
