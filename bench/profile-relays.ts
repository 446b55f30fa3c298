import type { BenchDatabase } from './database';
import { topCosts, type Cost } from './profile';
import { measure, MOST_PAIRS, SHAPES, type Measured } from './relay';
import { listRelays, startRelayWithLoad, TRPC_MEMORY, type RunningRelay } from './relays';
import { formatNumber, formatTable } from './stats';

export type ProfileResult = { relay: string; games: Measured[]; costs: Cost[] }[];

/** Where a server's CPU goes at 50 pairs: ours, and beside it what tRPC alone costs. */
export async function profileRelays(
	database: BenchDatabase,
	{ quick, against }: { quick: boolean; against: string | null },
	say: (line: string) => void
): Promise<ProfileResult> {
	const ms = quick ? 300 : 4_000;
	const running: RunningRelay[] = [];
	const result: ProfileResult = [];
	try {
		const specs = listRelays(against).filter(
			({ name, dialect }) => dialect === 'parley' || name === TRPC_MEMORY
		);
		for (const spec of specs) {
			say(`profiling ${spec.name}`);
			const relay = await startRelayWithLoad(spec, database, 2 * MOST_PAIRS);
			running.push(relay);
			await relay.load.command({ type: 'open-pairs', count: MOST_PAIRS });
			await relay.load.command({ type: 'play', pairs: MOST_PAIRS, ms });
			const games: Measured[] = [];
			for (const { pairs } of SHAPES) games.push(await measure(relay, database, pairs, ms));
			await relay.server?.ask('profile-start');
			const { signals } = await measure(relay, database, MOST_PAIRS, ms);
			const profile = await relay.server?.ask('profile-stop');
			if (profile) result.push({ relay: spec.name, games, costs: topCosts(profile, signals) });
		}
		return result;
	} finally {
		for (const relay of running) await relay.stop();
	}
}

export function describeProfile(result: ProfileResult): string {
	return result
		.flatMap(({ relay, games, costs }) => [
			formatTable([
				[relay, 'p50 ms', 'signals/s', 'server us', 'Postgres us'],
				...games.map((game, i) => [
					SHAPES[i]?.name ?? '',
					...[game.p50, game.perSecond, game.serverCpu, game.databaseCpu].map(formatNumber)
				])
			]),
			formatTable([
				[`${relay}: own CPU at 50 pairs`, 'us per signal', 'share'],
				...costs.map(({ kind, name, us, share }) => [
					`${kind === 'function' ? '    ' : ''}${name}`,
					formatNumber(us),
					`${(share * 100).toFixed(1)}%`
				])
			])
		])
		.join('\n\n');
}
