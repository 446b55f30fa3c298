import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createIceKeeper, type IceAnswer } from './ice-keeper';

const LIFETIME_MS = 600_000;
/** The server's clock is a day behind: only how long credentials live may count. */
const serverNow = () => Date.now() - 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Each answer's username says how often was asked. */
function keep(lifetimeMs: number | null = LIFETIME_MS) {
	let asked = 0;
	const ask = vi.fn(async (): Promise<IceAnswer> => {
		asked += 1;
		return {
			iceServers: [{ urls: 'turn:t.example', username: String(asked), credential: 'x' }],
			expiresAt: lifetimeMs === null ? null : serverNow() + lifetimeMs,
			serverNow: serverNow()
		};
	});
	const onChange = vi.fn();
	const keeper = createIceKeeper({ ask, hidesAddress: false, onChange });
	const username = () => keeper.config.iceServers[0]?.username ?? null;
	return { keeper, ask, onChange, username };
}

test('it asks at once; who waits for it meanwhile waits for that answer', async () => {
	const { keeper, ask, onChange, username } = keep();
	expect(keeper.holds).toBe(false);
	expect(username()).toBeNull();
	await Promise.all([keeper.ready(), keeper.ready()]);
	expect(ask).toHaveBeenCalledTimes(1);
	expect(onChange).toHaveBeenCalledTimes(1);
	expect(keeper.holds).toBe(true);
	expect(username()).toBe('1');
});

test('through a call of hours the credentials always hold, and each new list is told', async () => {
	const { keeper, onChange, username } = keep();
	await keeper.ready();
	for (let minute = 0; minute < 180; minute += 1) {
		await vi.advanceTimersByTimeAsync(60_000);
		expect(keeper.holds).toBe(true);
	}
	expect(username()).toBe('37'); // every five minutes
	expect(onChange).toHaveBeenCalledTimes(37);
});

test('a machine that slept past the expiry asks anew before anything is done with the list', async () => {
	const { keeper, ask, username } = keep();
	await keeper.ready();
	vi.setSystemTime(Date.now() + LIFETIME_MS); // no timer has run meanwhile
	expect(keeper.holds).toBe(false);
	await keeper.ready();
	expect(ask).toHaveBeenCalledTimes(2);
	expect(username()).toBe('2');
});

test('credentials with half a minute left do not hold', async () => {
	const { keeper } = keep();
	await keeper.ready();
	vi.setSystemTime(Date.now() + LIFETIME_MS - 30_001);
	expect(keeper.holds).toBe(true);
	vi.setSystemTime(Date.now() + 1);
	expect(keeper.holds).toBe(false);
});

test('while the server cannot be asked, the list of before stays, and it is asked again and again', async () => {
	const { keeper, ask, username } = keep();
	await keeper.ready();
	ask.mockRejectedValueOnce(new Error('network')).mockRejectedValueOnce(new Error('network'));
	await vi.advanceTimersByTimeAsync(LIFETIME_MS / 2);
	expect(username()).toBe('1');
	expect(keeper.holds).toBe(true);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(ask).toHaveBeenCalledTimes(4);
	expect(username()).toBe('2');
});

test('a first answer that fails is no list, and whoever waits next asks anew', async () => {
	const keeper = createIceKeeper({
		ask: vi
			.fn<() => Promise<IceAnswer>>()
			.mockRejectedValueOnce(new Error('refused'))
			.mockResolvedValueOnce({ iceServers: [{ urls: 'stun:s.example' }], expiresAt: null, serverNow: 0 }),
		hidesAddress: true,
		onChange: () => {}
	});
	await keeper.ready();
	expect(keeper.config).toEqual({ iceServers: [], iceTransportPolicy: 'relay' });
	await keeper.ready();
	expect(keeper.config).toEqual({ iceServers: [{ urls: 'stun:s.example' }], iceTransportPolicy: 'all' });
});

test('a list in which nothing expires is asked for once', async () => {
	const { keeper, ask } = keep(null);
	await keeper.ready();
	await vi.advanceTimersByTimeAsync(10 * LIFETIME_MS);
	expect(keeper.holds).toBe(true);
	await keeper.ready();
	expect(ask).toHaveBeenCalledTimes(1);
});

test('closed, it asks no more and tells nothing', async () => {
	const { keeper, ask, onChange } = keep();
	keeper.close();
	await vi.advanceTimersByTimeAsync(10 * LIFETIME_MS);
	await keeper.ready();
	expect(ask).toHaveBeenCalledTimes(1);
	expect(onChange).not.toHaveBeenCalled();
});
