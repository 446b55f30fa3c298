/**
 * A map that forgets: past `max` entries the one that nobody touched for longest goes, and `prune` drops what was
 * not touched for a while.
 */
export class RecentMap<Value> {
	readonly #entries = new Map<string, { value: Value; touchedAt: number }>();

	constructor(
		readonly max: number,
		readonly now: () => number
	) {}

	/** What was set, touched by being asked for. */
	get(key: string): Value | undefined {
		const entry = this.#entries.get(key);
		if (entry) this.set(key, entry.value);
		return entry?.value;
	}

	set(key: string, value: Value): void {
		// Deleted first, so that the order of the map is the order of the touches.
		this.#entries.delete(key);
		this.#entries.set(key, { value, touchedAt: this.now() });
		if (this.#entries.size > this.max) {
			const [oldest] = this.#entries.keys();
			if (oldest !== undefined) this.#entries.delete(oldest);
		}
	}

	delete(key: string): void {
		this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}

	/** @param keep what stays however long ago it was touched */
	prune(olderThanMs: number, keep: (key: string) => boolean = () => false): void {
		for (const [key, { touchedAt }] of this.#entries) {
			if (this.now() - touchedAt > olderThanMs && !keep(key)) this.#entries.delete(key);
		}
	}
}
