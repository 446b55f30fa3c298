// Puts load on one relay: pairs of clients that play ping-pong with signals. One process per relay.
import type { BenchPerson } from './database';
import type { Dialect, DialectName, Party } from './dialects';
import { peerJsDialect, socketIoDialect, wsDialect } from './peer-dialects';
import { answerCommands } from './programs';
import { percentile } from './stats';
import { parleyDialect, postgresDialect, trpcDialect } from './trpc-dialects';

export type LoadCommand =
	| { type: 'begin'; dialect: DialectName; url: string; people: BenchPerson[] }
	| { type: 'open-pairs'; count: number }
	| { type: 'open-idle'; count: number }
	| { type: 'play'; pairs: number; ms: number };

/** What one game was like. Latencies in milliseconds, from the send at one end to the signal at the other. */
export type Game = { signals: number; ms: number; p50: number; p99: number };

const OPEN_AT_ONCE = 20;
const LOST_AFTER_MS = 10_000;

let dialect: Dialect;
const pairs: [Party, Party][] = [];

function createDialect({ dialect, url, people }: Extract<LoadCommand, { type: 'begin' }>): Dialect {
	switch (dialect) {
		case 'ws':
			return wsDialect(url);
		case 'socket.io':
			return socketIoDialect(url);
		case 'peerjs':
			return peerJsDialect(url);
		case 'trpc':
			return trpcDialect(url);
		case 'parley':
			return parleyDialect(url, people);
		case 'postgres':
			return postgresDialect(url);
	}
}

/** Many at a time, not all: a server that has just started is not what is measured. */
async function openMany(count: number, open: () => Promise<unknown>): Promise<void> {
	let left = count;
	const openSome = async () => {
		while (left-- > 0) await open();
	};
	await Promise.all(Array.from({ length: OPEN_AT_ONCE }, openSome));
}

/** Each pair has one signal in flight: who gets it sends the next one. */
async function play(players: [Party, Party][], ms: number): Promise<Game> {
	const latencies: number[] = [];
	const begun = performance.now();
	const until = begun + ms;

	const playPair = ([a, b]: [Party, Party]) =>
		new Promise<void>((resolve) => {
			let [from, to] = [a, b];
			let sentAt = 0;
			let isDelivered = false;
			let isTaken = false;
			function serve(): void {
				isDelivered = false;
				isTaken = !dialect.answers;
				sentAt = performance.now();
				from.send();
			}
			function turn(): void {
				if (!isDelivered || !isTaken) return;
				if (performance.now() >= until) return resolve();
				[from, to] = [to, from];
				serve();
			}
			for (const [mine, others] of [
				[a, b],
				[b, a]
			] as const) {
				mine.onSignal = () => {
					if (mine !== to || isDelivered) throw new Error('A signal came that nobody had sent.');
					latencies.push(performance.now() - sentAt);
					isDelivered = true;
					turn();
				};
				others.onTaken = () => {
					isTaken = true;
					turn();
				};
			}
			serve();
		});

	let timer: NodeJS.Timeout | undefined;
	const lost = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error('A signal was lost, or its answer.')), ms + LOST_AFTER_MS);
	});
	await Promise.race([Promise.all(players.map(playPair)), lost]);
	clearTimeout(timer);
	return {
		signals: latencies.length,
		ms: performance.now() - begun,
		p50: percentile(latencies, 0.5),
		p99: percentile(latencies, 0.99)
	};
}

answerCommands<LoadCommand>(async (command) => {
	switch (command.type) {
		case 'begin':
			dialect = createDialect(command);
			return;
		case 'open-pairs':
			return openMany(command.count, async () => pairs.push(await dialect.openPair()));
		case 'open-idle':
			return openMany(command.count, () => dialect.openIdle());
		case 'play':
			return play(pairs.slice(0, command.pairs), command.ms);
	}
});
console.log('ready load');
