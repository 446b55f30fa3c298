import { z } from 'zod';
import { id } from './account';
import { candidateType, MAX_COUNT } from './connection-report';

/**
 * How a connection was over some seconds, as one of its two ends measured it: what answers "why was it bad" after a call.
 * Numbers and the kind of path; never an address.
 */

/** A device has so many seconds in one sample; its last one is shorter. */
export const QUALITY_SAMPLE_MS = 10_000;
/** One report carries at most so many. */
export const MAX_REPORTED_SAMPLES = 60;
/** What could not be told for longer than this is not told any more, and not taken any more. */
export const MAX_SAMPLE_AGE_MS = 3_600_000;
/** More than a page takes in a week of calls. */
const MAX_SAMPLE_NUMBER = 1_000_000;

const percent = z.number().min(0).max(100);
const milliseconds = z.int().min(0).max(60_000);
const kbit = z.int().min(0).max(10_000_000);

export const qualitySample = z.object({
	/** The other end. */
	peerDeviceId: id,
	/** 1, 2, … over all that this device ever reports: a repeated sample is known by it. */
	n: z.int().min(1).max(MAX_SAMPLE_NUMBER),
	/** How long ago it ended when it is sent: no two clocks are compared. */
	ageMs: z.int().min(0).max(MAX_SAMPLE_AGE_MS),
	/** How much time it is about. */
	overMs: z.int().min(1).max(60_000),
	/** Of it, without a connection. */
	downMs: z.int().min(0).max(60_000),
	roundTripMs: milliseconds.nullable(),
	/** Of the packets from the other end, those that did not come; null when none was due. */
	lossInPercent: percent.nullable(),
	/** Of the packets to the other end, as that one says; null when none was sent. */
	lossOutPercent: percent.nullable(),
	kbitIn: kbit,
	kbitOut: kbit,
	/** Null where no picture was due. */
	framesPerSecond: z.int().min(0).max(1_000).nullable(),
	/** Of the sound; where there is none, of the picture. */
	jitterMs: milliseconds.nullable(),
	path: candidateType.nullable(),
	/** How often a new path had been looked for by then. */
	restarts: z.int().min(0).max(MAX_COUNT)
});
export type QualitySample = z.infer<typeof qualitySample>;

export const qualitySamples = z.array(qualitySample).min(1).max(MAX_REPORTED_SAMPLES);

/** One stretch of a connection, as `deviceId` measured it. In a long call several samples are one stretch. */
export type QualityStretch = Omit<QualitySample, 'n' | 'ageMs'> & {
	readonly deviceId: string;
	/** Unix milliseconds on the database's clock, like every instant in here. */
	readonly from: number;
	readonly until: number;
};

/** How a call was between its devices. */
export type CallQuality = {
	readonly serverNow: number;
	/** When the call began, and when it was over, or now. */
	readonly from: number;
	readonly until: number;
	readonly devices: readonly {
		readonly deviceId: string;
		readonly userId: string;
		readonly displayName: string;
		readonly joinedAt: number;
		/** Null while it is in the call. */
		readonly leftAt: number | null;
	}[];
	/** No stretch is longer than this by more than a sample. */
	readonly stretchMs: number;
	/** By the two devices, then by time. */
	readonly stretches: readonly QualityStretch[];
};
