import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, plain, plainJson, widthOf } from './plain-text';
import { layTable, type Column } from './text-table';

/** What a terminal would act on, or what turns the direction of everything after it. */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\p{Surrogate}/u;

describe('what people wrote, in a terminal', () => {
	test.each([
		['Ann', 'Ann'],
		['\x1b[31mAnn\x1b[0m', '�[31mAnn�[0m'],
		['An\nn\rn\tn', 'An�n�n�n'],
		['\u009b2JAnn', '�2JAnn'],
		['Ann\u202egnp.exe', 'Anngnp.exe'],
		['李雷 and Zoë', '李雷 and Zoë']
	])('%j is shown as %j', (text, shown) => {
		expect(plain(text)).toBe(shown);
	});

	test('no text of any kind is active, and JSON reads back as it was', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				expect(plain(text)).not.toMatch(ACTIVE);
				const json = plainJson({ text });
				expect(json).not.toMatch(ACTIVE);
				expect(JSON.parse(json)).toEqual({ text });
			})
		);
	});

	test.each([
		['', 0],
		['Ann', 3],
		['李雷', 4],
		['e\u0301', 1],
		['🎉', 2]
	])('%j takes %i cells', (text, cells) => {
		expect(widthOf(text)).toBe(cells);
	});

	test.each([
		['Annabel', 7, 'Annabel'],
		['Annabel', 4, 'Ann…'],
		['李雷雷', 4, '李…'],
		['Ann', 0, '']
	])('%j in %i cells is %j', (text, cells, clipped) => {
		expect(clip(text, cells)).toBe(clipped);
	});
});

describe('a table', () => {
	const columns: Column[] = [
		{ title: 'WHOSE', min: 3 },
		{ title: 'DEVICE', drop: 1 },
		{ title: 'HEAD', align: 'right' }
	];
	const rows = [
		['Annabel', '3fa2b1c0', '7'],
		['李雷', '91aabbcc', '1234']
	];

	test.each<[width: number, lines: string[]]>([
		[Infinity, ['WHOSE    DEVICE    HEAD', 'Annabel  3fa2b1c0     7', '李雷     91aabbcc  1234']],
		[20, ['WHO…  DEVICE    HEAD', 'Ann…  3fa2b1c0     7', '李雷  91aabbcc  1234']],
		// Names that say nothing are worse than no devices.
		[17, ['WHOSE    HEAD', 'Annabel     7', '李雷     1234']],
		[9, ['WH…  HEAD', 'An…     7', '李…  1234']]
	])('in %d cells', (width, lines) => {
		expect(layTable(columns, rows, width)).toEqual(lines);
	});

	test('is never wider than it may be, and its columns stand under each other', () => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.string(), fc.string(), fc.string()).map((row) => row.map(plain))),
				fc.integer({ min: 1, max: 120 }),
				(cells, width) => {
					for (const line of layTable(columns, cells, width)) {
						expect(widthOf(line)).toBeLessThanOrEqual(width);
					}
				}
			)
		);
	});
});
