import type { CallQuality, QualityStretch } from '../core/call-quality';
import { delayMs, levelOf, scoreOf, type Condition, type Level } from '../core/connection-rating';

/** A call's time in equal parts, as one pair had it; null where nothing was measured. `there` is the second of the pair. */
export type PairSeries = {
	readonly roundTripMs: readonly (number | null)[];
	/** Of the packets that the first of the pair should have got from the second. */
	readonly lossHere: readonly (number | null)[];
	readonly lossThere: readonly (number | null)[];
	readonly kbitHere: readonly (number | null)[];
	readonly kbitThere: readonly (number | null)[];
	/** Of the second's picture at the first. */
	readonly framesHere: readonly (number | null)[];
	readonly framesThere: readonly (number | null)[];
	readonly jitterMs: readonly (number | null)[];
	/** How long there was no connection. */
	readonly downMs: readonly (number | null)[];
};

/** Parts in a row in which the same was wrong. */
export type Spell = {
	readonly what: 'loss-here' | 'loss-there' | 'delay' | 'frames-here' | 'frames-there' | 'down';
	/** Unix milliseconds. */
	readonly from: number;
	readonly until: number;
	/** From the first part that was measured to the last. */
	readonly throughout: boolean;
	/** Its mean; of `down` the sum. */
	readonly value: number;
};

export type PairStory = {
	/** User ids; the viewer is the first of their own pairs. */
	readonly pair: readonly [string, string];
	readonly level: Level;
	/** In the order of their beginning. */
	readonly spells: readonly Spell[];
	readonly restarts: number;
	readonly relayed: boolean;
	readonly series: PairSeries;
};

/** Last samples are sent when a device leaves, and arrive within this time where its network stands. */
const STILL_COMING_MS = 60_000;
const SHORT_OF_MS = 15_000;

/** Whether a call is just over and some device's last samples are not here yet. */
export function stillComing({ serverNow, until, devices, stretches }: CallQuality): boolean {
	if (serverNow - until > STILL_COMING_MS) return false;
	return devices.some(({ deviceId, leftAt }) => {
		const known = stretches.filter((one) => one.deviceId === deviceId).map((one) => one.until);
		return Math.max(0, ...known) < (leftAt ?? until) - SHORT_OF_MS;
	});
}

/** How the connection of each two people was; the viewer's own come first. Pairs of which nothing was measured are left out. */
export function pairStories(quality: CallQuality, viewerId: string): PairStory[] {
	const userOf = new Map(quality.devices.map((device) => [device.deviceId, device.userId]));
	const userIds = [...new Set(userOf.values())].toSorted(
		(a, b) => Number(b === viewerId) - Number(a === viewerId)
	);
	const stories: PairStory[] = [];
	userIds.forEach((first, index) => {
		for (const second of userIds.slice(index + 1)) {
			const by = (one: string, other: string) =>
				quality.stretches.filter(
					({ deviceId, peerDeviceId }) => userOf.get(deviceId) === one && userOf.get(peerDeviceId) === other
				);
			const [here, there] = [by(first, second), by(second, first)];
			if (here.length + there.length > 0) stories.push(storyOf([first, second], here, there, quality));
		}
	});
	return stories;
}

function storyOf(
	pair: PairStory['pair'],
	here: readonly QualityStretch[],
	there: readonly QualityStretch[],
	quality: CallQuality
): PairStory {
	const series = seriesOf(here, there, quality);
	const both = [...here, ...there];
	return {
		pair,
		level: overall(series),
		spells: spellsOf(series, quality),
		restarts: Math.max(...both.map((one) => one.restarts)),
		relayed: both.some((one) => one.path === 'relay'),
		series
	};
}

function seriesOf(
	here: readonly QualityStretch[],
	there: readonly QualityStretch[],
	{ from, until, stretchMs }: CallQuality
): PairSeries {
	const parts = Math.max(1, Math.ceil((until - from) / stretchMs));
	const partOf = (one: QualityStretch) => {
		const middle = (one.from + one.until) / 2;
		return Math.min(parts - 1, Math.max(0, Math.floor((middle - from) / stretchMs)));
	};
	type Field = {
		[Key in keyof QualityStretch]: QualityStretch[Key] extends number | null ? Key : never;
	}[keyof QualityStretch];
	const line = (of: readonly QualityStretch[], field: Field) => {
		const values = Array.from({ length: parts }, (): number[] => []);
		for (const one of of) {
			const value = one[field];
			if (value !== null) values[partOf(one)]?.push(value);
		}
		return values.map((known) =>
			known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
		);
	};
	/** What one end measured; where it said nothing, what the other one knows of it. */
	const orElse = (a: readonly (number | null)[], b: readonly (number | null)[]) =>
		a.map((value, index) => value ?? b[index] ?? null);
	return {
		roundTripMs: orElse(line(here, 'roundTripMs'), line(there, 'roundTripMs')),
		lossHere: orElse(line(here, 'lossInPercent'), line(there, 'lossOutPercent')),
		lossThere: orElse(line(there, 'lossInPercent'), line(here, 'lossOutPercent')),
		kbitHere: orElse(line(here, 'kbitIn'), line(there, 'kbitOut')),
		kbitThere: orElse(line(there, 'kbitIn'), line(here, 'kbitOut')),
		framesHere: line(here, 'framesPerSecond'),
		framesThere: line(there, 'framesPerSecond'),
		jitterMs: orElse(line(here, 'jitterMs'), line(there, 'jitterMs')),
		downMs: orElse(line(here, 'downMs'), line(there, 'downMs'))
	};
}

const FINE: Condition = { roundTripMs: null, jitterMs: null, lossPercent: null, framesPerSecond: null };
/** A second of ten. */
const DOWN_MS = 1_000;

const isBad = (condition: Partial<Condition>): boolean =>
	levelOf(scoreOf({ ...FINE, ...condition })) !== 'good';

/** What is looked for in a part of the call, each for itself: by the limits that also make a connection fair in the call. */
function troubles(series: PairSeries, part: number): Map<Spell['what'], number> {
	const at = (line: keyof PairSeries) => series[line][part] ?? null;
	const found = new Map<Spell['what'], number>();
	const note = (what: Spell['what'], value: number | null, bad: boolean) => {
		if (value !== null && bad) found.set(what, value);
	};
	note('loss-here', at('lossHere'), isBad({ lossPercent: at('lossHere') }));
	note('loss-there', at('lossThere'), isBad({ lossPercent: at('lossThere') }));
	const delay = { roundTripMs: at('roundTripMs'), jitterMs: at('jitterMs') };
	note('delay', delayMs(delay), isBad(delay));
	note('frames-here', at('framesHere'), isBad({ framesPerSecond: at('framesHere') }));
	note('frames-there', at('framesThere'), isBad({ framesPerSecond: at('framesThere') }));
	note('down', at('downMs'), (at('downMs') ?? 0) >= DOWN_MS);
	return found;
}

function spellsOf(series: PairSeries, { from, until, stretchMs }: CallQuality): Spell[] {
	const measured = series.kbitHere
		.map((value, part) => (value === null ? -1 : part))
		.filter((part) => part >= 0);
	const [first, last] = [measured[0] ?? 0, measured.at(-1) ?? 0];
	const runs: { what: Spell['what']; first: number; last: number; values: number[] }[] = [];
	for (let part = first; part <= last; part += 1) {
		for (const [what, value] of troubles(series, part)) {
			const run = runs.findLast((one) => one.what === what);
			// One good part between two bad ones is no relief.
			if (run && part - run.last <= 2) {
				run.last = part;
				run.values.push(value);
			} else runs.push({ what, first: part, last: part, values: [value] });
		}
	}
	return runs.map((run) => {
		const sum = run.values.reduce((a, b) => a + b, 0);
		return {
			what: run.what,
			from: from + run.first * stretchMs,
			until: Math.min(until, from + (run.last + 1) * stretchMs),
			throughout: run.first === first && run.last === last,
			value: run.what === 'down' ? sum : sum / run.values.length
		};
	});
}

/** Of the parts that were measured, so many have to be worse for the whole to be. */
const FAIR_SHARE = 0.1;
const POOR_SHARE = 0.2;

function overall(series: PairSeries): Level {
	const levels = series.kbitHere.flatMap((measured, part) => {
		if (measured === null) return [];
		const at = (line: keyof PairSeries) => series[line][part] ?? null;
		const known = (...values: (number | null)[]) => values.filter((value) => value !== null);
		const loss = known(at('lossHere'), at('lossThere'));
		const frames = known(at('framesHere'), at('framesThere'));
		const score = scoreOf({
			roundTripMs: at('roundTripMs'),
			jitterMs: at('jitterMs'),
			lossPercent: loss.length === 0 ? null : Math.max(...loss),
			framesPerSecond: frames.length === 0 ? null : Math.min(...frames)
		});
		return [(at('downMs') ?? 0) >= DOWN_MS ? 'poor' : levelOf(score)] as const;
	});
	const share = (...which: Level[]) =>
		levels.filter((level) => which.includes(level)).length / Math.max(1, levels.length);
	if (share('poor') >= POOR_SHARE) return 'poor';
	return share('poor', 'fair') >= FAIR_SHARE ? 'fair' : 'good';
}
