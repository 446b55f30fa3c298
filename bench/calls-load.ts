// Sets up calls, one after the other in each pair, and says how long each took. One process per server.
import type { BenchPerson } from './database';
import { answerCommands } from './programs';
import { percentile } from './stats';
import { parleyCallers } from './parley-callers';
import { socketIoCallers } from './socket-io-callers';

export type CallsCommand =
	| { type: 'begin'; callers: CallersName; url: string; people: BenchPerson[] }
	| { type: 'open-pairs'; count: number }
	| { type: 'play'; pairs: number; ms: number };

export type CallersName = 'parley' | 'socket.io, batched' | 'socket.io, trickled';

/** Two clients. Each run is a whole call: ring, accept, offer, answer, 2 x 10 candidates, end. */
export type Callers = { setUp(): Promise<void> };

/** Times in milliseconds, from the caller's click to the end of the call at both. */
export type CallsGame = { calls: number; ms: number; p50: number; p99: number };

let openPair: () => Promise<Callers>;
const pairs: Callers[] = [];

function callersOf({ callers, url, people }: Extract<CallsCommand, { type: 'begin' }>): typeof openPair {
	switch (callers) {
		case 'parley':
			return parleyCallers(url, people);
		case 'socket.io, batched':
			return socketIoCallers(url, { batched: true });
		case 'socket.io, trickled':
			return socketIoCallers(url, { batched: false });
	}
}

async function play(players: Callers[], ms: number): Promise<CallsGame> {
	const took: number[] = [];
	const begun = performance.now();
	const until = begun + ms;
	await Promise.all(
		players.map(async (callers) => {
			while (performance.now() < until) {
				const at = performance.now();
				await callers.setUp();
				took.push(performance.now() - at);
			}
		})
	);
	return {
		calls: took.length,
		ms: performance.now() - begun,
		p50: percentile(took, 0.5),
		p99: percentile(took, 0.99)
	};
}

answerCommands<CallsCommand>(async (command) => {
	switch (command.type) {
		case 'begin':
			openPair = callersOf(command);
			return;
		case 'open-pairs':
			for (let i = 0; i < command.count; i++) pairs.push(await openPair());
			return;
		case 'play':
			return play(pairs.slice(0, command.pairs), command.ms);
	}
});
console.log('ready load');
