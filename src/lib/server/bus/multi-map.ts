/**
 * Several values under one key. Most keys have one: that one is kept without a list around it, since a server holds
 * tens of thousands of them.
 */
export class MultiMap<Value extends object> {
	readonly #values = new Map<string, Value | Value[]>();

	add(key: string, value: Value): void {
		const known = this.#values.get(key);
		if (known === undefined) this.#values.set(key, value);
		else if (!Array.isArray(known)) {
			if (known !== value) this.#values.set(key, [known, value]);
		} else if (!known.includes(value)) known.push(value);
	}

	delete(key: string, value: Value): void {
		const known = this.#values.get(key);
		if (known === value) return void this.#values.delete(key);
		if (!Array.isArray(known)) return;
		const others = known.filter((one) => one !== value);
		if (others.length === 0) this.#values.delete(key);
		else this.#values.set(key, others);
	}

	has(key: string): boolean {
		return this.#values.has(key);
	}

	/** As they are now: what is added or taken away meanwhile changes nothing of it. */
	of(key: string): readonly Value[] {
		const known = this.#values.get(key);
		if (known === undefined) return [];
		return Array.isArray(known) ? [...known] : [known];
	}

	clear(): void {
		this.#values.clear();
	}
}
