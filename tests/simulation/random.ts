/** Numbers that one seed decides. */
export type Random = {
	/** From 0 up to, not including, 1. */
	next(): number;
	/** From `least` to `most`, both included. */
	int(least: number, most: number): number;
	chance(probability: number): boolean;
	/** Undefined of an empty list. */
	pick<Value>(list: readonly Value[]): Value | undefined;
};

/** mulberry32: small, quick, and the same everywhere. */
export function seeded(seed: number): Random {
	let state = seed | 0;
	function next(): number {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}
	return {
		next,
		int: (least, most) => least + Math.floor(next() * (most - least + 1)),
		chance: (probability) => next() < probability,
		pick: (list) => list[Math.floor(next() * list.length)]
	};
}
