/**
 * Who speaks in a call, heard over time. For a layout that shows one person large: whoever has the floor keeps it until
 * somebody else has clearly taken it, so that nothing flickers for a cough, a "yes", or two who talk at once.
 */
export type Floor = {
	/** Who spoke last; kept in silence. Null until somebody speaks, and when they are gone. */
	readonly speaker: string | null;
	/** Who can be heard just now. */
	readonly speaking: ReadonlySet<string>;
	/** When the speaker became it. Milliseconds of any clock that does not run back; so are the others. */
	readonly since: number;
	/** Since when somebody else has been louder than the speaker without a break. */
	readonly louderSince: ReadonlyMap<string, number>;
	/** The levels, smoothed: speech has gaps. */
	readonly heard: ReadonlyMap<string, number>;
	readonly at: number;
};

export const SILENT_FLOOR: Floor = {
	speaker: null,
	speaking: new Set(),
	since: 0,
	louderSince: new Map(),
	heard: new Map(),
	at: 0
};

/** Somebody who speaks takes the floor from who is silent, or is drowned by them, after this long. */
export const TAKES_AFTER_MS = 1_000;
/** And from whoever has just taken it, no sooner than this. */
export const KEEPS_FOR_MS = 2_500;

/** Of full scale. Speech is at 0.03 to 0.3, a quiet room below 0.005. */
const BEGINS_AT = 0.02;
const ENDS_AT = 0.01;
/** Louder than this is no more of a claim: a door that slams is no speech. */
const LOUDEST = 0.2;
/** What who speaks over somebody else has to have of their level. */
const DROWNS_BY = 2;
const RISES_WITHIN_MS = 60;
const FALLS_WITHIN_MS = 200;

/** @param levels of everybody else who is in the call, 0 to 1; who is not in it has left */
export function hear(before: Floor, levels: ReadonlyMap<string, number>, at: number): Floor {
	const heard = new Map([...levels].map(([id, level]) => [id, smoothed(before, id, level, at)]));
	const level = (id: string | null) => (id === null ? 0 : (heard.get(id) ?? 0));
	const speaking = new Set(
		[...heard.keys()].filter((id) => level(id) >= (before.speaking.has(id) ? ENDS_AT : BEGINS_AT))
	);
	const loudestFirst = [...speaking].sort((a, b) => level(b) - level(a));
	const common = { speaking, heard, at };

	const speaker = before.speaker !== null && heard.has(before.speaker) ? before.speaker : null;
	if (speaker === null) {
		return { ...common, speaker: loudestFirst[0] ?? null, since: at, louderSince: new Map() };
	}
	const drowned = speaking.has(speaker) ? level(speaker) * DROWNS_BY : 0;
	const louder = loudestFirst.filter((id) => id !== speaker && level(id) > drowned);
	const louderSince = new Map(louder.map((id) => [id, before.louderSince.get(id) ?? at]));
	const taker = louder.find((id) => at - (louderSince.get(id) ?? at) >= TAKES_AFTER_MS);
	if (taker === undefined || at - before.since < KEEPS_FOR_MS) {
		return { ...common, speaker, since: before.since, louderSince };
	}
	return { ...common, speaker: taker, since: at, louderSince: new Map() };
}

/** Quick to rise and slower to fall, whatever time lies between two looks. */
function smoothed({ heard, at: lastAt }: Floor, id: string, level: number, at: number): number {
	const last = heard.get(id) ?? 0;
	const next = Math.min(LOUDEST, Math.max(0, level));
	const withinMs = next > last ? RISES_WITHIN_MS : FALLS_WITHIN_MS;
	return next + (last - next) * Math.exp(-Math.max(0, at - lastAt) / withinMs);
}
