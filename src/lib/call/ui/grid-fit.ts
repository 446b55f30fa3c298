export type Size = { readonly width: number; readonly height: number };
/** Whole CSS pixels, from the top left of the room that it is in. */
export type Rect = Size & { readonly x: number; readonly y: number };

export const GAP_PX = 8;
/** A camera's own shape; a tile that holds more of it shows more of the person. */
const PICTURE = 4 / 3;
/** No tile is wider or taller than that: what it cuts off of a camera's picture would be most of it. */
export const WIDEST = 16 / 9;
export const TALLEST = 9 / 16;

type Fit = {
	/** `picture`: within the shapes above. `free`: as large as there is room, for what is shown whole anyway. */
	readonly shape?: 'picture' | 'free';
	/** No tile is more upright than that, width by height. */
	readonly tallest?: number;
};

/**
 * Fits so many equal tiles into a room, without scrolling: in as many columns as show most of the pictures. Rows and the
 * whole are centred.
 *
 * @returns one place each, in reading order
 */
export function fitGrid(
	room: Size,
	count: number,
	{ shape = 'picture', tallest = TALLEST }: Fit = {}
): Rect[] {
	if (count < 1) return [];
	const columns = bestColumns(room, count, tallest);
	const rows = Math.ceil(count / columns);
	const cell = cellOf(room, columns, rows);
	const tile = shape === 'free' ? cell : within(cell, tallest);
	const top = Math.max(0, Math.floor((room.height - spanOf(tile.height, rows)) / 2));
	return Array.from({ length: count }, (_, index): Rect => {
		const row = Math.floor(index / columns);
		const inRow = Math.min(columns, count - row * columns);
		const left = Math.max(0, Math.floor((room.width - spanOf(tile.width, inRow)) / 2));
		return {
			x: left + (index % columns) * (tile.width + GAP_PX),
			y: top + row * (tile.height + GAP_PX),
			...tile
		};
	});
}

/** How large a picture of this shape is that fits whole, in square pixels. */
export function pictureArea({ width, height }: Size, shape = PICTURE): number {
	const fitted = Math.min(width, height * shape);
	return (fitted * fitted) / shape;
}

function bestColumns(room: Size, count: number, tallest: number): number {
	let best = 1;
	let bestWorth = -1;
	for (let columns = 1; columns <= count; columns++) {
		const worth = worthOf(cellOf(room, columns, Math.ceil(count / columns)), tallest);
		if (worth <= bestWorth) continue;
		best = columns;
		bestWorth = worth;
	}
	return best;
}

/** A large tile is worth something, and one that cuts off little is worth more: by trial, with rooms of every shape. */
export function worthOf(cell: Size, tallest = TALLEST): number {
	const tile = within(cell, tallest);
	return tile.width * tile.height * pictureArea(tile) ** 1.5;
}

function cellOf(room: Size, columns: number, rows: number): Size {
	return { width: shareOf(room.width, columns), height: shareOf(room.height, rows) };
}

const shareOf = (length: number, parts: number) =>
	Math.max(0, Math.floor((length - GAP_PX * (parts - 1)) / parts));
const spanOf = (length: number, parts: number) => length * parts + GAP_PX * (parts - 1);

function within({ width, height }: Size, tallest: number): Size {
	return {
		width: Math.min(width, Math.floor(height * WIDEST)),
		height: Math.min(height, Math.floor(width / tallest))
	};
}
