/** The connection of a statement that takes longer may be dead; the next one takes another. */
const WITHIN_MS = 4_000;
/** Given up, and still holding a connection each. */
const MOST_GIVEN_UP = 2;

/** Waits for work on the database for 4 s, and then gives it up: it may still be done, but nobody hears of it. */
export class Patience {
	readonly #what: string;
	#givenUp = 0;

	/** @param what the work, as in "… took too long." */
	constructor(what: string) {
		this.#what = what;
	}

	/** @param work is told by `isStale` that it was given up */
	async waitFor<Answer>(work: (isStale: () => boolean) => Promise<Answer>): Promise<Answer> {
		if (this.#givenUp >= MOST_GIVEN_UP) throw new Error('The database does not answer.');
		let isStale = false;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			timer = setTimeout(() => {
				isStale = true;
				this.#givenUp += 1;
				reject(new Error(`${this.#what} took too long.`));
			}, WITHIN_MS);
		});
		const answer = work(() => isStale).finally(() => {
			if (isStale) this.#givenUp -= 1;
		});
		try {
			return await Promise.race([answer, late]);
		} finally {
			clearTimeout(timer);
		}
	}
}
