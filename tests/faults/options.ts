import { parseArgs } from 'node:util';

export const BUSES = ['memory', 'postgres', 'redis'] as const;
export type BusKind = (typeof BUSES)[number];

export type Options = {
	/** One round of faults each, on the same processes. */
	readonly seeds: readonly number[];
	readonly faultsPerRound: number;
	/** Between two faults, on average. */
	readonly everyMs: number;
	readonly servers: number;
	readonly bus: BusKind;
	/** Signals per second, all writers together. */
	readonly rate: number;
	readonly json: boolean;
	/** Puts the result into docs/RELIABILITY.md. */
	readonly write: boolean;
};

export class UsageError extends Error {}

const USAGE = `npm run faults -- [options]
  --faults N         how many faults (default 10000), in rounds of 500; each round is judged at its end
  --seed N           the first round's seed, the next round has N + 1 (default: from the clock)
  --short            what \`npm test\` runs: a round with a fixed seed and one with a new one
  --servers 1|2|3    (default 2)
  --bus memory|postgres|redis   (default postgres)
  --rate N           signals a second, all writers together (default 80)
  --every MS         between two faults, on average (default 300)
  --json             the result as JSON on standard output
  --write            the result into docs/RELIABILITY.md`;

const ROUND = 500;
const SHORT_ROUND = 75;
const FIXED_SEED = 3;

/** @throws {UsageError} */
export function readOptions(args: string[], random: () => number = Math.random): Options {
	const { values } = parse(args);
	const anySeed = () => 1_000 + Math.floor(random() * 999_000);
	const number = (name: 'faults' | 'seed' | 'servers' | 'rate' | 'every', fallback: number) => {
		const value = values[name] === undefined ? fallback : Number(values[name]);
		if (!Number.isSafeInteger(value) || value < 1)
			throw new UsageError(`--${name} takes a whole number\n${USAGE}`);
		return value;
	};
	const servers = number('servers', 2);
	const bus = BUSES.find((one) => one === (values.bus ?? 'postgres'));
	if (!bus || servers > 3) throw new UsageError(USAGE);
	const shortRounds = values.seed === undefined ? 2 : 1;
	const faults = number('faults', values.short ? shortRounds * SHORT_ROUND : 10_000);
	const rounds = values.short ? shortRounds : Math.ceil(faults / ROUND);
	const first = number('seed', values.short ? FIXED_SEED : anySeed());
	return {
		seeds: Array.from({ length: rounds }, (_, i) => (values.short && i > 0 ? anySeed() : first + i)),
		faultsPerRound: Math.ceil(faults / rounds),
		everyMs: number('every', 300),
		servers,
		bus,
		rate: number('rate', 80),
		json: values.json ?? false,
		write: values.write ?? false
	};
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				faults: { type: 'string' },
				seed: { type: 'string' },
				short: { type: 'boolean' },
				servers: { type: 'string' },
				bus: { type: 'string' },
				rate: { type: 'string' },
				every: { type: 'string' },
				json: { type: 'boolean' },
				write: { type: 'boolean' }
			}
		});
	} catch (error) {
		throw new UsageError(`${error instanceof Error ? error.message : ''}\n${USAGE}`);
	}
}
