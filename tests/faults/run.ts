import { judge, type Counts, type Verdict } from './judge';
import type { History } from './history';
import type { Options } from './options';
import { Performer } from './perform';
import { Recorder } from './recorder';
import { isProcessKill, planFaults, createRandom, type FaultKind } from './schedule';
import { readMailboxes, waitForRest } from './settle';
import { buildWorld, readStored, type World } from './world';

export type DoneFault = { readonly kind: FaultKind; readonly when: number; readonly target: number };

export type RoundResult = {
	readonly seed: number;
	readonly faults: readonly DoneFault[];
	readonly history: History;
	readonly verdict: Verdict;
	/** What else went wrong: processes that ended by themselves, readers that did not come to rest. */
	readonly complaints: readonly string[];
};

export type RunResult = {
	readonly seeds: readonly number[];
	readonly counts: Counts;
	readonly faults: Readonly<Record<string, number>>;
	readonly processKills: number;
	readonly durationMs: number;
	readonly refusals: Readonly<Record<string, number>>;
	readonly rungs: Readonly<Record<string, { tookEffect: number; reached: number }>>;
	/** The first round that failed ends the run. */
	readonly failed: RoundResult | null;
};

const PROGRESS_EVERY_MS = 10_000;
const SEND_EVERY_MS = 50;
/** A round in which next to nothing got through is no proof of anything. */
const LEAST_EFFECTS = 100;

/** Starts everything, runs the rounds, and ends everything, whatever happens. */
export async function runFaults(
	options: Options,
	say: (line: string) => void,
	stop: AbortSignal
): Promise<RunResult> {
	const complaints: string[] = [];
	const recorder = new Recorder();
	const world = await buildWorld(options, recorder, (text) => complaints.push(text));
	const began = performance.now();
	const counts = noCounts();
	const faults: Record<string, number> = {};
	let failed: RoundResult | null = null;
	try {
		const unrest = await waitForRest(world, say, stop);
		if (unrest !== null && !stop.aborted) throw new Error(`No rest before the first fault: ${unrest}`);
		for (const [index, seed] of options.seeds.entries()) {
			const round = await runRound(world, options, seed, complaints, stop, (line) =>
				say(`round ${index + 1}/${options.seeds.length} seed ${seed}: ${line}`)
			);
			if (!round) break;
			for (const { kind } of round.faults) faults[kind] = (faults[kind] ?? 0) + 1;
			for (const key of Object.keys(counts) as (keyof Counts)[]) counts[key] += round.verdict.counts[key];
			if (round.verdict.violations.length > 0 || round.complaints.length > 0) {
				failed = round;
				break;
			}
			recorder.beginRound();
		}
	} finally {
		await world.close();
	}
	const processKills = (Object.entries(faults) as [FaultKind, number][])
		.filter(([kind]) => isProcessKill(kind))
		.reduce((sum, [, count]) => sum + count, 0);
	const durationMs = Math.round(performance.now() - began);
	return {
		seeds: options.seeds,
		counts,
		faults,
		processKills,
		durationMs,
		refusals: Object.fromEntries(recorder.refusals),
		rungs: Object.fromEntries(recorder.rungs),
		failed
	};
}

async function runRound(
	world: World,
	options: Options,
	seed: number,
	complaints: string[],
	stop: AbortSignal,
	say: (line: string) => void
): Promise<RoundResult | null> {
	const { recorder } = world;
	const done: DoneFault[] = [];
	const performer = new Performer(world);
	const stopWriting = startWriting(world, options.rate, createRandom(seed));
	const progress = setInterval(() => {
		const { queued, acknowledged, tookEffect, epochs } = recorder.totals;
		say(
			`${done.length}/${options.faultsPerRound} faults; ${queued} signals, ${acknowledged} acknowledged, ` +
				`${tookEffect} took effect, ${epochs} epochs risen`
		);
	}, PROGRESS_EVERY_MS);
	try {
		const open = new Set<Promise<void>>();
		const plan = planFaults(seed, options.bus, { faults: options.faultsPerRound, everyMs: options.everyMs });
		while (done.length < options.faultsPerRound && !stop.aborted) {
			// What waits for a fitting request may not find one: then another fault takes its place.
			if (done.length + open.size >= options.faultsPerRound) {
				await Promise.race(open);
				continue;
			}
			const fault = plan.next().value;
			await new Promise((resolve) => setTimeout(resolve, fault.afterMs));
			const when = recorder.now();
			const performed = Promise.resolve(performer.perform(fault)).then((was) => {
				if (was) done.push({ kind: fault.kind, when, target: fault.target });
				open.delete(performed);
			});
			open.add(performed);
		}
		await Promise.all(open);
		performer.heal();
		stopWriting();
		if (stop.aborted) return null;
		say('everything healed');
		let late = await waitForRest(world, say, stop);
		if (late === null) {
			// One more to everybody: what lies before it in its mailbox has been read, or has gone with an epoch.
			for (const writer of world.writers) for (const to of writer.others) writer.send(to, 1, 20);
			late = await waitForRest(world, say, stop);
		}
		if (stop.aborted) return null;
		const stored = (await readStored(world)).filter(({ number }) => recorder.signals.has(number));
		const history: History = {
			signals: new Map(recorder.signals),
			devices: recorder.devices,
			stored,
			mailboxes: await readMailboxes(world)
		};
		const found = complaints.splice(0);
		if (late !== null) found.push(`not at rest: ${late}`);
		const verdict = judge(history);
		if (verdict.counts.tookEffect < LEAST_EFFECTS)
			found.push(`only ${verdict.counts.tookEffect} signals took effect: this round shows nothing`);
		return { seed, faults: done, history, verdict, complaints: found };
	} finally {
		stopWriting();
		clearInterval(progress);
		performer.heal();
	}
}

/** Everybody to somebody, in bursts as candidates come, at a bounded rate. */
function startWriting(world: World, rate: number, random: () => number): () => void {
	let owed = 0;
	const timer = setInterval(() => {
		owed = Math.min(owed + (rate * SEND_EVERY_MS) / 1_000, 2 * rate);
		while (owed >= 1) {
			const writer = world.writers[Math.floor(random() * world.writers.length)];
			const to = writer?.others[Math.floor(random() * writer.others.length)];
			const burst = 1 + Math.floor(random() ** 3 * 8);
			// Mostly candidates; now and then a description, and one that fills a send alone.
			const size = random() < 0.85 ? 200 : random() < 0.9 ? 3_000 : 20_000;
			owed -= burst;
			if (writer && to) writer.send(to, burst, Math.floor(size * (0.5 + random())));
		}
	}, SEND_EVERY_MS);
	return () => clearInterval(timer);
}

function noCounts(): Counts {
	return {
		queued: 0,
		acknowledged: 0,
		tookEffect: 0,
		wentWithEpoch: 0,
		wentWithDevice: 0,
		refused: 0,
		epochsRisen: 0
	};
}
