import { clip, widthOf } from './plain-text';

export type Column = {
	title: string;
	align?: 'right';
	/** Gets narrower, down to so many cells, when there is no room. */
	min?: number;
	/** Left out when there is still no room, the highest first. */
	drop?: number;
};

const GAP = 2;

type Laid = { column: Column; at: number; natural: number; width: number };

const least = ({ column, natural }: Laid) => Math.min(natural, column.min ?? natural);
const sum = (laid: readonly Laid[], widthIn: (one: Laid) => number) =>
	laid.reduce((total, one) => total + widthIn(one), GAP * (laid.length - 1));

/**
 * Lines of aligned columns, the first one of titles, none wider than `width`.
 *
 * @param rows one cell per column
 */
export function layTable(
	columns: readonly Column[],
	rows: readonly (readonly string[])[],
	width: number
): string[] {
	let laid = columns.map((column, at): Laid => {
		const natural = Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[at] ?? '')));
		return { column, at, natural, width: natural };
	});
	while (sum(laid, least) > width) {
		const first = Math.max(...laid.map(({ column }) => column.drop ?? 0));
		if (first === 0) break;
		laid = laid.filter(({ column }) => column.drop !== first);
	}
	while (sum(laid, (one) => one.width) > width) {
		// The widest gives first, so that columns of the same kind end equally wide.
		const giving = laid
			.filter((one) => one.width > least(one))
			.reduce<Laid | null>((widest, one) => (widest && widest.width >= one.width ? widest : one), null);
		if (!giving) break;
		giving.width -= 1;
	}
	const line = (cells: readonly string[]) =>
		clip(
			laid
				.map(({ column, at, width: cellWidth }) => pad(cells[at] ?? '', cellWidth, column.align))
				.join(' '.repeat(GAP))
				.trimEnd(),
			width
		);
	return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

function pad(text: string, width: number, align: Column['align']): string {
	const clipped = clip(text, width);
	const rest = ' '.repeat(width - widthOf(clipped));
	return align === 'right' ? rest + clipped : clipped + rest;
}
