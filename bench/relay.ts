import { atMost, describeAims, type Aim } from './aims';
import { withCpu } from './cpu';
import type { BenchDatabase } from './database';
import type { Game } from './relay-load';
import {
	listRelays,
	ONE_INSERT,
	PARLEY,
	RAW_WS,
	startRelayWithLoad,
	TRPC_MEMORY,
	type RelaySpec,
	type RunningRelay
} from './relays';
import { formatNumber, formatTable, median, medianOf } from './stats';

export const SHAPES = [
	{ name: '1 pair', pairs: 1 },
	{ name: '50 pairs', pairs: 50 }
] as const;
type ShapeName = (typeof SHAPES)[number]['name'];

/** CPU in microseconds per signal; null where nobody of that kind was at work. */
export type Measured = Game & {
	perSecond: number;
	serverCpu: number | null;
	databaseCpu: number;
	loadCpu: number;
};

/** One round: each relay once, in each shape. */
type Round = Map<string, Record<ShapeName, Measured>>;

type IdleCost = { name: string; heapKb: number; externalKb: number; rssKb: number };

export type RelayResult = {
	rounds: number;
	/** Medians over the rounds. */
	rows: {
		relay: string;
		shape: ShapeName;
		durable: boolean;
		median: Record<keyof Measured, number | null>;
	}[];
	idleClients: number;
	idle: IdleCost[];
	aims: Aim[];
};

type Lengths = { rounds: number; gameMs: number; warmMs: number; idleClients: number };
const FULL: Lengths = { rounds: 5, gameMs: 4_000, warmMs: 3_000, idleClients: 2_000 };
const QUICK: Lengths = { rounds: 1, gameMs: 200, warmMs: 50, idleClients: 50 };

export const MOST_PAIRS = Math.max(...SHAPES.map((shape) => shape.pairs));

export async function benchRelay(
	database: BenchDatabase,
	{ quick, against }: { quick: boolean; against: string | null },
	say: (line: string) => void
): Promise<RelayResult> {
	const lengths = quick ? QUICK : FULL;
	const specs = listRelays(against);
	const running: RunningRelay[] = [];
	try {
		for (const spec of specs) {
			say(`starting ${spec.name}`);
			const relay = await startRelayWithLoad(spec, database, 2 * MOST_PAIRS);
			running.push(relay);
			await relay.load.command({ type: 'open-pairs', count: MOST_PAIRS });
			await relay.load.command({ type: 'play', pairs: MOST_PAIRS, ms: lengths.warmMs });
		}
		const rounds: Round[] = [];
		for (let i = 0; i < lengths.rounds; i++) {
			say(`round ${i + 1} of ${lengths.rounds}`);
			rounds.push(await playRound(turned(running, i), database, lengths.gameMs));
		}
		for (const relay of running.splice(0)) await relay.stop();
		const idle = await measureIdle(specs, database, lengths.idleClients, say);
		return { ...summarize(specs, rounds, idle), idleClients: lengths.idleClients };
	} finally {
		for (const relay of running) await relay.stop();
	}
}

/** Another one first in each round, so that none always follows the same one. */
function turned<Item>(items: readonly Item[], by: number): Item[] {
	const at = by % items.length;
	return [...items.slice(at), ...items.slice(0, at)];
}

async function playRound(relays: RunningRelay[], database: BenchDatabase, ms: number): Promise<Round> {
	const round: Round = new Map();
	for (const relay of relays) {
		const single = await measure(relay, database, 1, ms);
		round.set(relay.spec.name, { '1 pair': single, '50 pairs': await measure(relay, database, 50, ms) });
	}
	return round;
}

export async function measure(
	{ server, load }: RunningRelay,
	database: BenchDatabase,
	pairs: number,
	ms: number
): Promise<Measured> {
	const { result: game, cpu } = await withCpu({ server, load, database }, () =>
		load.command<Game>({ type: 'play', pairs, ms })
	);
	return {
		...game,
		perSecond: (game.signals / game.ms) * 1_000,
		serverCpu: cpu.server === null ? null : cpu.server / game.signals,
		loadCpu: cpu.load / game.signals,
		databaseCpu: cpu.database / game.signals
	};
}

/** Each server anew and alone: what a client that is merely there keeps in it. */
async function measureIdle(
	specs: RelaySpec[],
	database: BenchDatabase,
	clients: number,
	say: (line: string) => void
): Promise<IdleCost[]> {
	const costs: IdleCost[] = [];
	for (const spec of specs.filter(({ dialect }) => dialect !== 'postgres')) {
		say(`${clients} idle clients of ${spec.name}`);
		const warm = Math.ceil(clients / 10);
		const { server, load, stop } = await startRelayWithLoad(spec, database, clients + warm);
		try {
			// The first ones pay for what is compiled and cached once.
			await load.command({ type: 'open-idle', count: warm });
			const before = await server?.ask('memory');
			await load.command({ type: 'open-idle', count: clients });
			const after = await server?.ask('memory');
			if (!before || !after) continue;
			const perClient = (now: number, then: number) => (now - then) / clients / 1024;
			costs.push({
				name: spec.name,
				heapKb: perClient(after.heapUsed, before.heapUsed),
				externalKb: perClient(after.external, before.external),
				rssKb: perClient(after.rss, before.rss)
			});
		} finally {
			await stop();
		}
	}
	return costs;
}

function summarize(specs: RelaySpec[], rounds: Round[], idle: IdleCost[]): Omit<RelayResult, 'idleClients'> {
	const of = (round: Round, relay: string, shape: ShapeName): Measured => {
		const measured = round.get(relay)?.[shape];
		if (!measured) throw new Error(`${relay} was not measured.`);
		return measured;
	};
	const rows = specs.flatMap(({ name, durable }) =>
		SHAPES.map((shape) => {
			const mine = rounds.map((round) => of(round, name, shape.name));
			const keys = Object.keys(mine[0] ?? {}) as (keyof Measured)[];
			const medians = keys.map((key) => [key, medianOf(mine, (one) => one[key])]);
			return {
				relay: name,
				shape: shape.name,
				durable,
				median: Object.fromEntries(medians) as Record<keyof Measured, number | null>
			};
		})
	);
	const ratio = (of: (round: Round) => number) => median(rounds.map(of));
	const rate = ratio((r) => of(r, PARLEY, '50 pairs').perSecond / of(r, TRPC_MEMORY, '50 pairs').perSecond);
	return {
		rounds: rounds.length,
		rows,
		idle,
		aims: [
			atMost(
				'1 pair: p50 against raw ws p50 + one-row insert p50',
				2,
				ratio(
					(r) => of(r, PARLEY, '1 pair').p50 / (of(r, RAW_WS, '1 pair').p50 + of(r, ONE_INSERT, '1 pair').p50)
				)
			),
			{
				what: '50 pairs: signals/s against tRPC in memory, at least',
				aim: 0.75,
				reached: rate,
				isMet: rate >= 0.75
			},
			atMost(
				'50 pairs: server CPU per signal against tRPC in memory',
				1.3,
				ratio(
					(r) =>
						(of(r, PARLEY, '50 pairs').serverCpu ?? NaN) / (of(r, TRPC_MEMORY, '50 pairs').serverCpu ?? NaN)
				)
			),
			atMost('heap per idle client in KB', 20, idle.find(({ name }) => name === PARLEY)?.heapKb ?? NaN)
		]
	};
}

export function describeRelay(result: RelayResult): string {
	const number = formatNumber;
	const table = SHAPES.map(({ name }) =>
		formatTable([
			[name, 'durable', 'p50 ms', 'p99 ms', 'signals/s', 'server us', 'Postgres us', 'load us'],
			...result.rows
				.filter((row) => row.shape === name)
				.map(({ relay, durable, median: m }) => [
					relay,
					durable ? 'yes' : 'no',
					number(m.p50),
					number(m.p99),
					number(m.perSecond),
					number(m.serverCpu),
					number(m.databaseCpu),
					number(m.loadCpu)
				])
		])
	);
	const idle = formatTable([
		[`${result.idleClients} idle clients`, 'heap KB', 'external KB', 'RSS KB'],
		...result.idle.map((one) => [one.name, number(one.heapKb), number(one.externalKb), number(one.rssKb)])
	]);
	return [
		`relay: 2 KiB signals, ping-pong, medians of ${result.rounds} interleaved rounds; us are CPU per signal`,
		...table,
		idle,
		describeAims(result.aims)
	].join('\n\n');
}
