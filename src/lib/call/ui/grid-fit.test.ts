import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitGrid, GAP_PX, TALLEST, WIDEST, worthOf, type Rect, type Size } from './grid-fit';

const WIDE: Size = { width: 1_000, height: 340 };
const PHONE: Size = { width: 366, height: 620 };
const LYING_PHONE: Size = { width: 820, height: 270 };

/** "3,2": three tiles in the first row, two in the second. */
function rowsOf(rects: Rect[]): string {
	const rows = new Map<number, number>();
	for (const { y } of rects) rows.set(y, (rows.get(y) ?? 0) + 1);
	return [...rows.values()].join();
}

test.each<[room: string, size: Size, rows: string[]]>([
	['wide', WIDE, ['1', '2', '3', '4', '3,2', '3,3']],
	['a phone', PHONE, ['1', '1,1', '1,1,1', '2,2', '2,2,1', '2,2,2']],
	['a phone lying', LYING_PHONE, ['1', '2', '3', '4', '5', '3,3']],
	['a square', { width: 600, height: 600 }, ['1', '1,1', '2,1', '2,2', '2,2,1', '2,2,2']]
])('%s: 1 to 6 tiles', (_room, size, rows) => {
	expect([1, 2, 3, 4, 5, 6].map((count) => rowsOf(fitGrid(size, count)))).toEqual(rows);
});

test('a last row that is not full is in the middle', () => {
	const [first, second, third, fourth] = fitGrid(WIDE, 5).slice(1);
	expect(third!.x).toBe(WIDE.width - (fourth!.x + fourth!.width));
	expect(third!.x).toBeLessThan(second!.x);
	expect(third!.x + third!.width).toBeGreaterThan(first!.x);
});

test('what is shown whole anyway takes all the room there is', () => {
	expect(fitGrid(WIDE, 1, { shape: 'free' })).toEqual([{ x: 0, y: 0, ...WIDE }]);
});

test('nobody needs no place', () => {
	expect(fitGrid(WIDE, 0)).toEqual([]);
});

const size = fc.record({
	width: fc.integer({ min: 0, max: 4_000 }),
	height: fc.integer({ min: 0, max: 3_000 })
});
const count = fc.integer({ min: 1, max: 12 });
const shape = fc.constantFrom('picture' as const, 'free' as const);

const apart = (a: Rect, b: Rect) =>
	a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

test('property: as many places as tiles, alike, within the room, none upon another', () => {
	fc.assert(
		fc.property(size, count, shape, (room, tiles, as) => {
			const rects = fitGrid(room, tiles, { shape: as });
			expect(rects).toHaveLength(tiles);
			const [{ width, height }] = rects as [Rect];
			for (const rect of rects) {
				expect([rect.width, rect.height]).toEqual([width, height]);
				expect(Object.values(rect).every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
			}
			if (width === 0 || height === 0) return; // no room for so many
			for (const [index, rect] of rects.entries()) {
				expect(rect.x + rect.width).toBeLessThanOrEqual(room.width);
				expect(rect.y + rect.height).toBeLessThanOrEqual(room.height);
				expect(rects.slice(index + 1).every((other) => apart(rect, other))).toBe(true);
			}
		}),
		{ numRuns: 1_000 }
	);
});

test('property: no tile is a slit, and no other number of columns would show more of the pictures', () => {
	const roomy = fc.record({
		width: fc.integer({ min: 200, max: 4_000 }),
		height: fc.integer({ min: 200, max: 3_000 })
	});
	fc.assert(
		fc.property(roomy, count, (room, tiles) => {
			const [{ width, height }] = fitGrid(room, tiles) as [Rect];
			// Whole pixels: half of one either way.
			expect(width).toBeLessThanOrEqual(height * WIDEST + 1);
			expect(height).toBeLessThanOrEqual(width / TALLEST + 1);
			for (let columns = 1; columns <= tiles; columns++) {
				const rows = Math.ceil(tiles / columns);
				const cell = {
					width: Math.floor((room.width - GAP_PX * (columns - 1)) / columns),
					height: Math.floor((room.height - GAP_PX * (rows - 1)) / rows)
				};
				if (cell.width <= 0 || cell.height <= 0) continue;
				expect(worthOf(cell)).toBeLessThanOrEqual(worthOf({ width, height }));
			}
		}),
		{ numRuns: 500 }
	);
});
