import { expect, test, vi } from 'vitest';
import { createIceAhead } from './ice-ahead';
import type { IceAnswer } from './ice-keeper';

const answer = (name: string, serverNow = 100_000): IceAnswer => ({
	iceServers: [{ urls: `turn:${name}.example` }],
	expiresAt: 700_000,
	serverNow
});

function world() {
	let now = 0;
	const ask = vi.fn(async (callId: string) => answer(callId));
	return { ask, ahead: createIceAhead(ask, () => now), later: (ms: number) => (now += ms) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('what was asked as it rang is there when it is accepted, as old as it is, and is used once', async () => {
	const { ask, ahead, later } = world();
	ahead.expect('a');
	ahead.expect('a');
	await settled();
	later(30_000);
	expect(await ahead.ask('a')).toEqual(answer('a', 130_000));
	expect(ask).toHaveBeenCalledTimes(1);
	expect(await ahead.ask('a')).toEqual(answer('a'));
	expect(ask).toHaveBeenCalledTimes(2);
});

test('another call, and one that rings no more, are asked about when they are wanted', async () => {
	const { ask, ahead } = world();
	ahead.expect('a');
	await settled();
	expect(await ahead.ask('b')).toEqual(answer('b'));
	ahead.expect('c');
	await settled();
	ahead.expect(null);
	ahead.expect(null);
	expect(await ahead.ask('c')).toEqual(answer('c'));
	expect(ask.mock.calls.flat()).toEqual(['a', 'b', 'c', 'c']);
});

test('who could not be asked as it rang is asked again, and says why not', async () => {
	const { ask, ahead } = world();
	ask.mockRejectedValueOnce(new Error('network'));
	ahead.expect('a');
	await settled();
	expect(await ahead.ask('a')).toEqual(answer('a'));
	ask.mockRejectedValue(new Error('refused'));
	ahead.expect('b');
	await settled();
	await expect(ahead.ask('b')).rejects.toThrow('refused');
});

test('an answer that is still awaited may never come: it is asked for again', async () => {
	const { ask, ahead } = world();
	ask.mockReturnValueOnce(new Promise(() => undefined));
	ahead.expect('a');
	await settled();
	expect(await ahead.ask('a')).toEqual(answer('a'));
});
