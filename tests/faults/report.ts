import type { History } from './history';
import type { Fault } from './judge';
import type { Options } from './options';
import type { RoundResult, RunResult } from './run';

const SHOWN_VIOLATIONS = 20;
const SHOWN_HISTORIES = 3;
const AROUND_MS = 3_000;

const number = (n: number) => n.toLocaleString('en-US');

/** The result, for people. Seeds and counts are all one needs to run it again and compare. */
export function describe(result: RunResult, options: Options): string {
	const { counts, refusals, rungs, seeds } = result;
	const faults = Object.entries(result.faults).sort(([, a], [, b]) => b - a);
	const total = faults.reduce((sum, [, times]) => sum + times, 0);
	const minutes = (result.durationMs / 60_000).toFixed(1);
	return [
		`${result.failed ? 'FAILED' : 'The promise was kept'}: lost ${count(result, 'lost')}, doubled ${count(result, 'doubled')}, ` +
			`out of order ${count(result, 'out-of-order')}`,
		`signals queued                     ${number(counts.queued)}`,
		`  acknowledged                     ${number(counts.acknowledged)}`,
		`    took effect once, in order     ${number(counts.tookEffect)}`,
		`    went with an epoch             ${number(counts.wentWithEpoch)}   (both ends saw it rise)`,
		`    went with a reloaded page      ${number(counts.wentWithDevice)}   (both ends saw it go)`,
		`  refused                          ${number(counts.refused)}   ${list(refusals)}`,
		`epochs risen                       ${number(counts.epochsRisen)}`,
		`took effect on the rung            ${list(Object.fromEntries(Object.entries(rungs).map(([rung, one]) => [rung, one.tookEffect])))}`,
		`rungs reached                      ${list(Object.fromEntries(Object.entries(rungs).map(([rung, one]) => [rung, one.reached])))}`,
		`faults                             ${number(total)}, of which ${number(result.processKills)} SIGKILLs of processes, in ${minutes} minutes`,
		...faults.map(([kind, times]) => `  ${kind.padEnd(32)} ${number(times)}`),
		`${options.servers} servers, bus ${options.bus}, seeds ${seeds.join(' ')}`
	].join('\n');
}

const list = (counts: Record<string, number>) =>
	Object.entries(counts)
		.map(([name, times]) => `${name} ${number(times)}`)
		.join(', ');

function count({ failed }: RunResult, fault: Fault): number {
	return failed?.verdict.violations.filter((one) => one.fault === fault).length ?? 0;
}

/** What went wrong, when, and how to do it again. */
export function explain(round: RoundResult, options: Options): string {
	const { violations } = round.verdict;
	const lines = [
		`Round with seed ${round.seed} failed: ${violations.length} violations, ${round.complaints.length} complaints.`,
		...round.complaints,
		...violations.slice(0, SHOWN_VIOLATIONS).map(({ fault, number, deviceId, text }) => {
			const name = deviceId && round.history.devices.get(deviceId)?.name;
			return `  ${fault}: ${number === null ? '' : `signal ${number} `}${name ? `at ${name} ` : ''}${text}`;
		})
	];
	const numbers = [...new Set(violations.flatMap(({ number }) => (number === null ? [] : [number])))];
	for (const number of numbers.slice(0, SHOWN_HISTORIES)) lines.push('', ...tell(number, round));
	lines.push(
		'',
		'Faults of this round:',
		...round.faults.map(({ kind, when, target }) => `  ${seconds(when)}  ${kind} (${target.toFixed(2)})`),
		'',
		`Again: npm run faults -- --seed ${round.seed} --faults ${options.faultsPerRound} --every ${options.everyMs} ` +
			`--servers ${options.servers} --bus ${options.bus} --rate ${options.rate}`
	);
	return lines.join('\n');
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(3).padStart(9)} s`;

/** One signal's life, and what its reader heard around it. */
function tell(number: number, { history, faults }: RoundResult): string[] {
	const signal = history.signals.get(number);
	if (!signal) return [`Signal ${number} is of an earlier round.`];
	const from = history.devices.get(signal.from);
	const to = history.devices.get(signal.to);
	const moments: [when: number, what: string][] = [
		[
			signal.queuedAt,
			`signal ${number} queued by ${from?.name} (${signal.from}) for ${to?.name} (${signal.to})`
		],
		...signal.acknowledgedAt.map((when): [number, string] => [when, 'acknowledged']),
		...(signal.refusedAt === null ? [] : [[signal.refusedAt, 'refused'] as [number, string]]),
		...heardAround(number, history)
	];
	const first = Math.min(...moments.map(([when]) => when));
	const last = Math.max(...moments.map(([when]) => when));
	for (const { kind, when, target } of faults) {
		if (when > first - AROUND_MS && when < last + AROUND_MS)
			moments.push([when, `fault: ${kind} (${target.toFixed(2)})`]);
	}
	const stored = history.stored.filter((one) => one.number === number);
	return [
		`Signal ${number}; stored at ${stored.map(({ at }) => `${at.epoch}:${at.seq}`).join(', ') || 'no place'}:`,
		...moments.sort(([a], [b]) => a - b).map(([when, what]) => `  ${seconds(when)}  ${what}`)
	];
}

function heardAround(number: number, { devices, signals }: History): [number, string][] {
	const signal = signals.get(number);
	const device = devices.get(signal?.to ?? '');
	if (!signal || !device) return [];
	const heard = device.heard.map((one): [number, string, boolean] => {
		if (one.type === 'epoch') return [one.when, `${device.name} hears of epoch ${one.epoch}`, true];
		const { number: heardNumber, at } = one;
		const isIt = heardNumber === number;
		const same = signals.get(heardNumber)?.from === signal.from;
		const text = `${device.name} applies ${at.epoch}:${at.seq} = signal ${heardNumber}${isIt ? ' (THIS)' : same ? ' of the same sender' : ''}`;
		return [one.when, text, isIt || (same && Math.abs(heardNumber - number) < 40)];
	});
	return heard.filter(([, , shown]) => shown).map(([when, text]) => [when, text]);
}
