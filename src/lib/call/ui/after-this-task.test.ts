import { expect, test, vi } from 'vitest';
import { afterThisTask } from './after-this-task';

const severalTasks = async () => {
	for (let n = 0; n < 6; n++) await new Promise((resolve) => setImmediate(resolve));
};

test('asked for several times in a task and its microtasks, it is one run, behind all of them', async () => {
	const run = vi.fn();
	const { ask, close } = afterThisTask(run);
	ask();
	ask();
	await Promise.resolve().then(ask);
	expect(run).not.toHaveBeenCalled();
	await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1));
	await severalTasks();
	expect(run).toHaveBeenCalledTimes(1);
	ask();
	await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(2));
	close();
});

test('closed, it does not run any more', async () => {
	const run = vi.fn();
	const { ask, close } = afterThisTask(run);
	ask();
	close();
	await severalTasks();
	expect(run).not.toHaveBeenCalled();
});
