/** What one `getStats` says about the media of a connection. Counters run from its beginning. */
export type MediaSample = {
	/** Unix milliseconds on this device's clock. */
	readonly at: number;
	readonly path: 'host' | 'srflx' | 'prflx' | 'relay' | null;
	readonly roundTripMs: number | null;
	readonly packetsReceived: number;
	readonly packetsLost: number;
	readonly bytesReceived: number;
	readonly framesDecoded: number;
	/** The worst of what is received; null before anything is. */
	readonly jitterMs: number | null;
	/** Stays 0 while the element that plays it is muted. */
	readonly totalAudioEnergy: number;
};

/** What is worth showing: the interval between two samples. */
export type MediaMeasure = {
	readonly path: MediaSample['path'];
	readonly roundTripMs: number | null;
	/** Of the packets of this interval, 0 to 100; null when none was due. */
	readonly packetLossPercent: number | null;
	readonly bitrateBps: number | null;
	readonly framesDecoded: number;
	readonly framesPerSecond: number | null;
	readonly jitterMs: number | null;
	readonly totalAudioEnergy: number;
};

/** A stats object as it comes out of the report: its fields depend on its type and on the browser. */
type Stat = Readonly<Record<string, unknown>>;
type Stats = { forEach(callback: (stat: Stat) => void): void };

const PATHS = ['host', 'srflx', 'prflx', 'relay'] as const;

/** Reads a report (https://www.w3.org/TR/webrtc-stats/). @param at Unix milliseconds */
export function sampleStats(report: Stats, at: number): MediaSample {
	const byId = new Map<string, Stat>();
	report.forEach((stat) => byId.set(String(stat['id']), stat));
	const all = [...byId.values()];
	const inbound = all.filter((stat) => stat['type'] === 'inbound-rtp');
	const sum = (field: string) => inbound.reduce((total, stat) => total + (numberOf(stat[field]) ?? 0), 0);

	const jitters = inbound.map((stat) => numberOf(stat['jitter'])).filter((one) => one !== null);

	const pair = selectedPair(all, byId);
	const candidateType = pair && byId.get(String(pair['localCandidateId']))?.['candidateType'];
	const roundTripSeconds = pair ? numberOf(pair['currentRoundTripTime']) : null;
	return {
		at,
		path: PATHS.find((path) => path === candidateType) ?? null,
		roundTripMs: roundTripSeconds === null ? null : Math.round(roundTripSeconds * 1000),
		packetsReceived: sum('packetsReceived'),
		packetsLost: sum('packetsLost'),
		bytesReceived: sum('bytesReceived'),
		framesDecoded: sum('framesDecoded'),
		jitterMs: jitters.length === 0 ? null : Math.round(Math.max(...jitters) * 1000),
		totalAudioEnergy: sum('totalAudioEnergy')
	};
}

/** @param before the sample of the last interval's end; null at first, when nothing can be said about a rate */
export function measureInterval(before: MediaSample | null, now: MediaSample): MediaMeasure {
	const { path, roundTripMs, framesDecoded, jitterMs, totalAudioEnergy } = now;
	const standing = { path, roundTripMs, framesDecoded, jitterMs, totalAudioEnergy };
	const elapsedMs = before ? now.at - before.at : 0;
	if (!before || elapsedMs <= 0) {
		return { ...standing, packetLossPercent: null, bitrateBps: null, framesPerSecond: null };
	}
	// A packet that comes late after all is taken off the lost ones, so an interval may lose less than none.
	const lost = Math.max(0, now.packetsLost - before.packetsLost);
	const due = lost + Math.max(0, now.packetsReceived - before.packetsReceived);
	const bytes = Math.max(0, now.bytesReceived - before.bytesReceived);
	const frames = Math.max(0, framesDecoded - before.framesDecoded);
	return {
		...standing,
		packetLossPercent: due === 0 ? null : (100 * lost) / due,
		bitrateBps: Math.round((bytes * 8 * 1000) / elapsedMs),
		framesPerSecond: Math.round((frames * 1000) / elapsedMs)
	};
}

/** The transport names its pair; Firefox has no such transport yet and marks the pair itself. */
function selectedPair(all: readonly Stat[], byId: ReadonlyMap<string, Stat>): Stat | undefined {
	for (const stat of all) {
		const named = stat['type'] === 'transport' && byId.get(String(stat['selectedCandidatePairId']));
		if (named) return named;
	}
	return all.find((stat) => stat['type'] === 'candidate-pair' && stat['selected'] === true);
}

function numberOf(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
