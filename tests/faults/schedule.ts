import type { BusKind } from './options';

/**
 * What is done to the system, drawn from a seed. The same seed and size give the same faults in the same order, at
 * the same distances; what the machine is doing at that moment is not part of it, so a replay meets other timings.
 */
export type FaultKind = keyof typeof DECK;

export type PlannedFault = {
	readonly kind: FaultKind;
	/** After the fault before it. */
	readonly afterMs: number;
	/** Which of the targets of its kind, from 0 up to, not including, 1. */
	readonly target: number;
	/** How strong, from 0 up to, not including, 1: a duration, a delay, a distance. */
	readonly strength: number;
};

export type Card = {
	/** How often among the cards of a long run's deck. */
	readonly weight: number;
	/** How often in the small deck of a short run; absent: too slow for it. */
	readonly short?: number;
	/** Only where this bus is. */
	readonly bus?: BusKind;
	/** It ends a process with SIGKILL. */
	readonly kills?: true;
};

/** Cards that are dealt: after one deck comes the next, shuffled anew, so no kind is left to luck. */
export const DECK = {
	// processes
	'server killed': { weight: 7, short: 3, kills: true },
	'server told to end': { weight: 3, short: 1 },
	'server frozen': { weight: 5, short: 2 },
	'postgres killed': { weight: 3, short: 1, kills: true },
	'redis killed': { weight: 3, short: 1, bus: 'redis', kills: true },
	'server clock jumped': { weight: 5, short: 2 },
	// between servers, their database and their bus
	'database connections cut': { weight: 6, short: 2 },
	'database blackholed': { weight: 5, short: 2 },
	'database delayed': { weight: 6, short: 2 },
	'backend terminated': { weight: 6, short: 2 },
	'listener terminated': { weight: 7, short: 2, bus: 'postgres' },
	'listener blackholed': { weight: 6, short: 2, bus: 'postgres' },
	'redis connections cut': { weight: 7, short: 2, bus: 'redis' },
	'redis blackholed': { weight: 6, short: 2, bus: 'redis' },
	// between clients and servers
	'client connections cut': { weight: 30, short: 5 },
	'client blackholed': { weight: 20, short: 4 },
	'client delayed': { weight: 18, short: 3 },
	'client refused': { weight: 10, short: 2 },
	'client silent past the signals’ life': { weight: 1 },
	// requests
	'request doubled': { weight: 16, short: 4 },
	'request repeated late': { weight: 14, short: 4 },
	'request held back': { weight: 14, short: 3 },
	'answer lost': { weight: 16, short: 4 },
	// clients
	'slow reader': { weight: 12, short: 3 },
	'rung forced': { weight: 16, short: 4 },
	'page reloaded': { weight: 4, short: 2 },
	'mailbox flooded': { weight: 2, short: 1 },
	'client clock jumped': { weight: 4, short: 1 }
} as const satisfies Record<string, Card>;

export const FAULT_KINDS = Object.keys(DECK) as FaultKind[];

/** @returns whether faults of this kind end a process with SIGKILL */
export const isProcessKill = (kind: FaultKind): boolean => 'kills' in DECK[kind];

/** A round of fewer faults than this is dealt from the small deck, in which each kind is rare and present. */
const LONG_ROUND = 200;

/** mulberry32: small, fast, and the same everywhere. */
export function createRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** @param round how many faults the round is to have, and how far apart they are on average */
export function* planFaults(
	seed: number,
	bus: BusKind,
	round: { faults: number; everyMs: number }
): Generator<PlannedFault, never, void> {
	const random = createRandom(seed);
	const cards = deck(bus, round.faults < LONG_ROUND ? 'short' : 'weight');
	for (;;) {
		for (const kind of shuffle(cards, random)) {
			yield {
				kind,
				afterMs: Math.round(2 * round.everyMs * random()),
				target: random(),
				strength: random()
			};
		}
	}
}

function deck(bus: BusKind, count: 'short' | 'weight'): FaultKind[] {
	return FAULT_KINDS.flatMap((kind) => {
		const card: Card = DECK[kind];
		if (card.bus !== undefined && card.bus !== bus) return [];
		return Array.from({ length: card[count] ?? 0 }, () => kind);
	});
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
	const shuffled = [...items];
	for (let i = shuffled.length - 1; i > 0; i -= 1) {
		const j = Math.floor(random() * (i + 1));
		[shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
	}
	return shuffled;
}
