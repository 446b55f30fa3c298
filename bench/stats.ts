/** The value below which this share of them lies. NaN when there are none. */
export function percentile(values: ArrayLike<number>, share: number): number {
	const sorted = Float64Array.from(values).sort();
	if (sorted.length === 0) return NaN;
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The middle one; between two middles their mean. NaN when there are none. */
export function median(values: ArrayLike<number>): number {
	const sorted = Float64Array.from(values).sort();
	const middle = sorted.length / 2;
	if (sorted.length === 0) return NaN;
	if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] ?? NaN;
	return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The median of what `pick` takes of each; null when it takes nothing of any. */
export function medianOf<Item>(items: readonly Item[], pick: (item: Item) => number | null): number | null {
	const values = items.map(pick).filter((value) => value !== null);
	return values.length === 0 ? null : median(values);
}

/** Three digits that say something; more would only show noise. */
export function formatNumber(value: number | null): string {
	if (value === null || Number.isNaN(value)) return '-';
	const size = Math.abs(value);
	return size >= 100
		? Math.round(value).toLocaleString('en')
		: size >= 10
			? value.toFixed(1)
			: value.toFixed(2);
}

/** A table for people: the first column to the left, numbers to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows
		.map((row) =>
			row
				.map((cell, column) =>
					column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
				)
				.join('  ')
				.trimEnd()
		)
		.join('\n');
}
