/** What one `getStats` says about the media of a connection. Counters run from its beginning. */
export type MediaSample = {
	/** Unix milliseconds on this device's clock. */
	readonly at: number;
	readonly path: 'host' | 'srflx' | 'prflx' | 'relay' | null;
	readonly roundTripMs: number | null;
	/** Each once: what was sent again for one that was lost is not counted. */
	readonly packetsReceived: number;
	readonly packetsLost: number;
	readonly bytesReceived: number;
	readonly framesDecoded: number;
	/** The worst of what is received; null before anything is. */
	readonly jitterMs: number | null;
	/** Of the sound alone: a picture's packets come in heaps anyway. */
	readonly voiceJitterMs: number | null;
	/** Stays 0 while the element that plays it is muted. */
	readonly totalAudioEnergy: number;
	/** What came of each received track, by its id: packets of sound, decoded frames of pictures. */
	readonly came: ReadonlyMap<string, number>;
	readonly packetsSent: number;
	/** Of those, as the other side reports it now and then. */
	readonly packetsLostThere: number;
	readonly bytesSent: number;
	readonly videoCodecs: VideoCodecsInUse;
};

/** The codecs of pictures that came or were sent, camera and screen, by their names. What had no frame is none: probes of the path are sent as packets of any stream. */
export type VideoCodecsInUse = { readonly received: readonly string[]; readonly sent: readonly string[] };

/** What was counted from one sample to the next: several in a row may be added up. */
export type MediaCounts = {
	readonly ms: number;
	/** Received or lost. */
	readonly packetsDue: number;
	readonly packetsLost: number;
	readonly bytesReceived: number;
	readonly framesDecoded: number;
	readonly packetsSent: number;
	readonly packetsLostThere: number;
	readonly bytesSent: number;
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
	readonly voiceJitterMs: number | null;
	readonly totalAudioEnergy: number;
	readonly videoCodecs: VideoCodecsInUse;
	/** Of this interval, and an object of its own; null without one. */
	readonly counts: MediaCounts | null;
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
	const sumOver = (stats: readonly Stat[], field: string) =>
		stats.reduce((total, stat) => total + (numberOf(stat[field]) ?? 0), 0);
	const sum = (field: string) => sumOver(inbound, field);
	const outbound = all.filter((stat) => stat['type'] === 'outbound-rtp');
	const there = all.filter((stat) => stat['type'] === 'remote-inbound-rtp');

	const pair = selectedPair(all, byId);
	const candidateType = pair && byId.get(String(pair['localCandidateId']))?.['candidateType'];
	const roundTripSeconds = pair ? numberOf(pair['currentRoundTripTime']) : null;
	return {
		at,
		path: PATHS.find((path) => path === candidateType) ?? null,
		roundTripMs: roundTripSeconds === null ? null : Math.round(roundTripSeconds * 1000),
		// Those that were sent again travel as a stream of their own, of which no loss is told.
		packetsReceived: sum('packetsReceived') - sum('retransmittedPacketsReceived'),
		packetsLost: sum('packetsLost'),
		bytesReceived: sum('bytesReceived'),
		framesDecoded: sum('framesDecoded'),
		jitterMs: worstJitterMs(inbound),
		voiceJitterMs: worstJitterMs(inbound.filter((stat) => stat['kind'] === 'audio')),
		totalAudioEnergy: sum('totalAudioEnergy'),
		came: new Map(
			inbound.map((stat) => [
				String(stat['trackIdentifier']),
				numberOf(stat[stat['kind'] === 'video' ? 'framesDecoded' : 'packetsReceived']) ?? 0
			])
		),
		packetsSent: sumOver(outbound, 'packetsSent') - sumOver(outbound, 'retransmittedPacketsSent'),
		packetsLostThere: sumOver(there, 'packetsLost'),
		bytesSent: sumOver(outbound, 'bytesSent'),
		videoCodecs: {
			received: codecsOf(inbound, 'framesDecoded', byId),
			sent: codecsOf(outbound, 'framesEncoded', byId)
		}
	};
}

/** @param before the sample of the last interval's end; null at first, when nothing can be said about a rate */
export function measureInterval(before: MediaSample | null, now: MediaSample): MediaMeasure {
	const { path, roundTripMs, framesDecoded, jitterMs, voiceJitterMs, totalAudioEnergy, videoCodecs } = now;
	const standing = {
		path,
		roundTripMs,
		framesDecoded,
		jitterMs,
		voiceJitterMs,
		totalAudioEnergy,
		videoCodecs
	};
	const elapsedMs = before ? now.at - before.at : 0;
	if (!before || elapsedMs <= 0) {
		return { ...standing, packetLossPercent: null, bitrateBps: null, framesPerSecond: null, counts: null };
	}
	const risen = (field: 'packetsSent' | 'packetsLostThere' | 'bytesSent') =>
		Math.max(0, now[field] - before[field]);
	const { due, lost } = packetsBetween(before, now);
	const bytes = Math.max(0, now.bytesReceived - before.bytesReceived);
	const frames = Math.max(0, framesDecoded - before.framesDecoded);
	return {
		...standing,
		packetLossPercent: due === 0 ? null : (100 * lost) / due,
		bitrateBps: Math.round((bytes * 8 * 1000) / elapsedMs),
		framesPerSecond: Math.round((frames * 1000) / elapsedMs),
		counts: {
			ms: elapsedMs,
			packetsDue: due,
			packetsLost: lost,
			bytesReceived: bytes,
			framesDecoded: frames,
			packetsSent: risen('packetsSent'),
			packetsLostThere: risen('packetsLostThere'),
			bytesSent: risen('bytesSent')
		}
	};
}

/** How many packets were due from one sample to the next, and how many of them did not come. */
export function packetsBetween(before: MediaSample, now: MediaSample): { due: number; lost: number } {
	// A packet that comes late after all is taken off the lost ones, so an interval may lose less than none.
	const lost = Math.max(0, now.packetsLost - before.packetsLost);
	return { due: lost + Math.max(0, now.packetsReceived - before.packetsReceived), lost };
}

/** Of fewer packets than this nothing can be said: it is half a second of sound. */
const FEWEST_SENT = 25;

/**
 * What the other side lost of what we sent from one sample to the next, 0 to 100; null where that cannot be said. By its
 * counters: its last report alone, which may be of a handful of packets, jumps between none and all of them.
 */
export function sentLossPercent(before: MediaSample, now: MediaSample): number | null {
	const sent = now.packetsSent - before.packetsSent;
	if (sent < FEWEST_SENT) return null;
	return Math.min(100, (100 * Math.max(0, now.packetsLostThere - before.packetsLostThere)) / sent);
}

function worstJitterMs(inbound: readonly Stat[]): number | null {
	const jitters = inbound.map((stat) => numberOf(stat['jitter'])).filter((one) => one !== null);
	return jitters.length === 0 ? null : Math.round(Math.max(...jitters) * 1000);
}

/** @param counted what says that a stream carries anything */
function codecsOf(streams: readonly Stat[], counted: string, byId: ReadonlyMap<string, Stat>): string[] {
	const names = streams
		.filter((stat) => stat['kind'] === 'video' && (numberOf(stat[counted]) ?? 0) > 0)
		.map((stat) => byId.get(String(stat['codecId']))?.['mimeType'])
		.filter((mimeType) => typeof mimeType === 'string');
	return [...new Set(names.map((mimeType) => mimeType.replace(/^video\//i, '')))];
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
