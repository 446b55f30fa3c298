/**
 * What a plot's line needs: runs of known values, as SVG points in a box of 100 by 100, the newest at the right.
 *
 * @param most how many values fill it
 * @param atLeast what its height stands for, where no value is higher
 */
export function plotLines(values: readonly (number | null)[], most: number, atLeast = 0): string[] {
	const top = Math.max(atLeast, ...values.map((value) => value ?? 0), Number.MIN_VALUE);
	const lines: string[][] = [[]];
	values.forEach((value, index) => {
		if (value === null) {
			if (lines.at(-1)?.length) lines.push([]);
			return;
		}
		const x = 100 - ((values.length - 1 - index) / Math.max(1, most - 1)) * 100;
		const y = 100 - (value / top) * 100;
		lines.at(-1)?.push(`${round(x)},${round(y)}`);
	});
	// A single value is seen as a short line, not as nothing.
	return lines
		.filter((line) => line.length > 0)
		.map((line) => (line.length === 1 ? `${line[0]} ${line[0]}` : line.join(' ')));
}

/** The least and the most of what is known; null when nothing is. */
export function rangeOf(values: readonly (number | null)[]): { least: number; most: number } | null {
	const known = values.filter((value) => value !== null);
	return known.length === 0 ? null : { least: Math.min(...known), most: Math.max(...known) };
}

const round = (n: number): number => Math.round(n * 10) / 10;
