import { describe, expect, test } from 'vitest';
import { createGatherer } from './gather';

/** A write that ends when the test says so. */
function manualWrite() {
	const writes: { items: number[]; finish: () => void; break: (error: Error) => void }[] = [];
	const write = (items: number[]) =>
		new Promise<string[]>((resolve, reject) => {
			writes.push({
				items,
				finish: () => resolve(items.map((item) => `wrote ${item}`)),
				break: reject
			});
		});
	return { writes, write };
}

const one = () => 1;

describe('gatherer', () => {
	test('the first is written at once, what comes meanwhile is written together after it', async () => {
		const { writes, write } = manualWrite();
		const gather = createGatherer({ write, sizeOf: one, maxSize: 200 });
		const answers = [1, 2, 3].map((item) => gather(item));
		expect(writes.map((each) => each.items)).toEqual([[1]]);

		writes[0]?.finish();
		await expect(answers[0]).resolves.toBe('wrote 1');
		await expect.poll(() => writes.map((each) => each.items)).toEqual([[1], [2, 3]]);

		const late = gather(4);
		expect(writes).toHaveLength(2); // one in flight, never two
		writes[1]?.finish();
		await expect(Promise.all(answers)).resolves.toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
		await expect.poll(() => writes.length).toBe(3);
		writes[2]?.finish();
		await expect(late).resolves.toBe('wrote 4');
	});

	test('a write holds no more than it may; what is larger goes alone', async () => {
		const batches: number[][] = [];
		const gather = createGatherer({
			write: async (items: number[]) => {
				batches.push(items);
				return items;
			},
			sizeOf: (item) => item,
			maxSize: 10
		});
		await Promise.all([1, 6, 4, 1, 99, 2, 8, 1].map((item) => gather(item)));
		expect(batches).toEqual([[1], [6, 4], [1], [99], [2, 8], [1]]);
	});

	test('a write that fails takes only its own items with it', async () => {
		const { writes, write } = manualWrite();
		const gather = createGatherer({ write, sizeOf: one, maxSize: 1 });
		const [first, second] = [gather(1), gather(2)];
		writes[0]?.break(new Error('no database'));
		await expect(first).rejects.toThrow('no database');
		await expect.poll(() => writes.length).toBe(2);
		writes[1]?.finish();
		await expect(second).resolves.toBe('wrote 2');
	});

	test('a write that answers too little fails loudly, instead of leaving somebody waiting', async () => {
		const gather = createGatherer({ write: async () => [], sizeOf: one, maxSize: 1 });
		await expect(gather(1)).rejects.toThrow('one outcome per item');
	});
});
