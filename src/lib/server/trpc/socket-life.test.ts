import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { beforeEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { LOW_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from './limits';
import { SocketLife } from './socket-life';

class Raw extends EventEmitter {
	writableLength = 0;
	bytesWritten = 0;
	destroyed = false;
}

let raw: Raw;
let sent: string[];
let ended: (number | 'cut')[];
let socket: {
	OPEN: 1;
	readyState: number;
	send(text: unknown): void;
	close(code?: number): void;
	terminate(): void;
};

beforeEach(() => {
	vi.useFakeTimers();
	raw = new Raw();
	sent = [];
	ended = [];
	socket = {
		OPEN: 1,
		readyState: 1,
		send: (text) => void sent.push(String(text)),
		close(code) {
			socket.readyState = 2;
			ended.push(code ?? 0);
		},
		terminate() {
			socket.readyState = 3;
			ended.push('cut');
		}
	};
	return () => vi.useRealTimers();
});

const lifeOf = ({ anonymous = false } = {}) =>
	new SocketLife(socket as unknown as WebSocket, raw as unknown as Socket, { anonymous, now: 0 });

/** Sweeps twice a second, while its peer answers or not. */
function sweepUntil(life: SocketLife, untilMs: number, { answers = true } = {}): void {
	for (let now = 500; now <= untilMs; now += 500) {
		if (answers && sent.length > 0) life.noteHeard(now);
		sent.length = 0;
		life.sweep(now);
	}
}

test('who answers pings stays; who does not is left within the pong time-out', () => {
	const life = lifeOf();
	life.noteSpoke();
	sweepUntil(life, 60_000);
	expect(ended).toEqual([]);
	const other = lifeOf();
	other.noteSpoke();
	sweepUntil(other, 9_000, { answers: false });
	expect(ended).toEqual(['cut']);
});

test.each<[title: string, spoke: boolean, anonymous: boolean, code: number | null]>([
	['asks for nothing', false, false, 4408],
	['is nobody', true, true, 4401],
	['is somebody and asks', true, false, null]
])('a socket that %s: closed after ten seconds with %s', (_title, spoke, anonymous, code) => {
	const life = lifeOf({ anonymous });
	if (spoke) life.noteSpoke();
	sweepUntil(life, 10_000);
	expect(ended).toEqual([]);
	sweepUntil(life, 11_000);
	expect(ended).toEqual(code === null ? [] : [code]);
});

test('nothing more is read for a slow reader, until all that waits has left', async () => {
	const life = lifeOf();
	let resumed = false;
	await life.mayWrite();
	raw.writableLength = LOW_BUFFERED_BYTES;
	const waits = life.mayWrite().then(() => (resumed = true));
	await Promise.resolve();
	expect(resumed).toBe(false);
	raw.writableLength = 0;
	raw.emit('drain');
	await waits;
});

test('a reader that is gone holds nobody up', async () => {
	const life = lifeOf();
	raw.writableLength = LOW_BUFFERED_BYTES;
	const waits = life.mayWrite();
	raw.destroyed = true;
	raw.emit('close');
	await waits;
	await life.mayWrite();
});

test('past 1 MiB it is closed, and left when it does not even take the farewell', () => {
	const life = lifeOf();
	life.noteSending(2 * MAX_BUFFERED_BYTES); // one large answer, to who has taken everything
	expect(ended).toEqual([]);
	raw.writableLength = MAX_BUFFERED_BYTES - 10;
	life.noteSending(11);
	expect(ended).toEqual([4413]);
	vi.advanceTimersByTime(500);
	expect(ended).toEqual([4413, 'cut']);
});

test('a reader for whom something waits and nothing moves is closed; one that moves slowly is not', () => {
	const life = lifeOf();
	life.noteSpoke();
	raw.writableLength = 1_000;
	for (let now = 500; now < 60_000; now += 500) {
		raw.bytesWritten += 1;
		life.noteHeard(now);
		life.sweep(now);
	}
	expect(ended).toEqual([]);
	for (let now = 60_000; now < 81_000; now += 500) {
		life.noteHeard(now);
		life.sweep(now);
	}
	expect(ended).toEqual([4413]);
});
