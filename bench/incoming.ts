/** What is to come, for one who waits: each value is taken once, in the order it came. */
export class Incoming<Value> {
	readonly #came: Value[] = [];
	#look: (() => void) | null = null;

	push(value: Value): void {
		this.#came.push(value);
		this.#look?.();
	}

	/** Waits for a value that fits, and throws away what came before it. */
	async next(fits: (value: Value) => boolean): Promise<Value> {
		for (;;) {
			for (let value = this.#came.shift(); value !== undefined; value = this.#came.shift()) {
				if (fits(value)) return value;
			}
			await new Promise<void>((resolve) => (this.#look = resolve));
			this.#look = null;
		}
	}
}
