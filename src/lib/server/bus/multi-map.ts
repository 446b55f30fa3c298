/**
 * Several values under one key. Most keys have one: that one is kept without a set around it, since a server holds
 * tens of thousands of them.
 */
export class MultiMap<Value extends object> {
	readonly #values = new Map<string, Value | Set<Value>>();

	add(key: string, value: Value): void {
		const known = this.#values.get(key);
		if (known === undefined) this.#values.set(key, value);
		else if (known instanceof Set) known.add(value);
		else if (known !== value) this.#values.set(key, new Set([known, value]));
	}

	delete(key: string, value: Value): void {
		const known = this.#values.get(key);
		if (known === value) this.#values.delete(key);
		else if (known instanceof Set && known.delete(value) && known.size === 0) this.#values.delete(key);
	}

	has(key: string): boolean {
		return this.#values.has(key);
	}

	/** As they are now: what is added or taken away meanwhile changes nothing of it. */
	of(key: string): readonly Value[] {
		const known = this.#values.get(key);
		if (known === undefined) return [];
		return known instanceof Set ? [...known] : [known];
	}

	clear(): void {
		this.#values.clear();
	}
}
