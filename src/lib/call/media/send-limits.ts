import type { ShownSize } from '../core/shown-size';

/** What is sent of one picture to one other device, at most: fields of RTCRtpEncodingParameters. */
export type SendLimits = {
	/** Bits per second. */
	readonly maxBitrate: number;
	readonly maxFramerate: number;
	/** At least 1. */
	readonly scaleResolutionDownBy: number;
	/** Whether it is encoded at all. */
	readonly active: boolean;
};

/**
 * Of a camera, by how many it is sent to. In a mesh it is encoded and uploaded once for each, and each shows it smaller the more
 * there are. The pairs of height and bitrate are those of LiveKit's presets (h720, h540, h360).
 */
const BY_RECEIVERS = [
	{ height: 720, maxBitrate: 1_700_000 },
	{ height: 540, maxBitrate: 1_000_000 },
	{ height: 360, maxBitrate: 600_000 },
	{ height: 360, maxBitrate: 500_000 },
	{ height: 360, maxBitrate: 400_000 }
] as const;
const MAX_FRAMERATE = 30;

/** By how large the other one shows it, in the same pairs (h180, h90), and never more than the above. */
const BY_SIZE = {
	720: { height: 720, maxBitrate: 1_700_000, framerate: MAX_FRAMERATE },
	360: { height: 360, maxBitrate: 600_000, framerate: MAX_FRAMERATE },
	180: { height: 180, maxBitrate: 160_000, framerate: 20 },
	90: { height: 90, maxBitrate: 90_000, framerate: 20 }
} as const satisfies Record<Exclude<ShownSize, 0>, object>;
/** Of fewer pixels nothing is seen, however much is lost. */
const LEAST_HEIGHT = 90;

/** Of a screen for one: text wants pixels, and few frames. Each further one gets a share of it. */
const SCREEN_BITRATE = 2_500_000;
const LEAST_SCREEN_BITRATE = 600_000;
const SCREEN_FRAMERATE = 15;

/** What is given up where packets are lost: the browser lowers the bitrate by itself, and leaves mush of many pixels. */
const LEVELS = [
	{ share: 1, framerate: 1, scale: 1 },
	{ share: 0.5, framerate: 0.7, scale: 1.5 },
	{ share: 0.25, framerate: 0.5, scale: 2 },
	{ share: 0.12, framerate: 0.35, scale: 4 }
] as const;
export type LossLevel = 0 | 1 | 2 | 3;
const WORST: LossLevel = 3;

/**
 * Of a path that nobody knows yet. A browser begins at 300 kbit/s, drops up to four of the first frames as too large for that, and
 * lowers the size by itself, to no less: it takes up to a fifth of a second in which nothing is seen (libwebrtc,
 * `VideoStreamEncoder::DropDueToSize`: no more than 320 by 240 pixels).
 */
const FIRST_HEIGHT = 180;

/** What is known of the way to another device. */
export type Path = {
	/** How many devices the same is sent to. */
	readonly receivers: number;
	readonly level: LossLevel;
	/** How large the other one shows the camera; null while they have not said. */
	readonly shown: ShownSize | null;
	/** Whether it has carried anything yet. */
	readonly fresh: boolean;
};
export const FRESH_PATH: Path = { receivers: 1, level: 0, shown: null, fresh: true };

/** @param height of what is captured; null while it is not known */
export function cameraLimits({ receivers, level, shown, fresh }: Path, height: number | null): SendLimits {
	const byReceivers =
		BY_RECEIVERS[Math.min(Math.max(receivers, 1), BY_RECEIVERS.length) - 1] ?? BY_RECEIVERS[0];
	// What nobody looks at is ready to be looked at again.
	const bySize = BY_SIZE[shown || 720];
	const most = Math.min(byReceivers.height, bySize.height, fresh ? FIRST_HEIGHT : Infinity);
	const { share, framerate, scale } = LEVELS[level];
	const captured = height ?? most;
	const sent = Math.max(Math.min(captured, most) / scale, Math.min(captured, LEAST_HEIGHT));
	return {
		maxBitrate: Math.round(Math.min(byReceivers.maxBitrate, bySize.maxBitrate) * share),
		maxFramerate: Math.round(bySize.framerate * framerate),
		scaleResolutionDownBy: captured / sent,
		active: shown !== 0
	};
}

/** A screen keeps its pixels: of fewer nobody can read it. */
export function screenLimits({ receivers, level }: Pick<Path, 'receivers' | 'level'>): SendLimits {
	const { share, framerate } = LEVELS[level];
	return {
		maxBitrate: Math.round(
			Math.max(LEAST_SCREEN_BITRATE, SCREEN_BITRATE / Math.max(receivers, 1)) * Math.max(share, 0.5)
		),
		maxFramerate: Math.round(SCREEN_FRAMERATE * framerate),
		scaleResolutionDownBy: 1,
		active: true
	};
}

/** How much is given up towards one device, and how long it has gone well or badly. */
export type LossWatch = { readonly level: LossLevel; readonly bad: number; readonly good: number };
export const NO_LOSS: LossWatch = { level: 0, bad: 0, good: 0 };

/** As in Google congestion control: more than a tenth is congestion, less than a fiftieth is none. */
const BAD_PERCENT = 10;
const GOOD_PERCENT = 2;
/** Looks, about one a second, each at the last seconds. Down soon, up late: a step up costs what was just healed, when it is too early. */
export const DOWN_AFTER = 3;
export const UP_AFTER = 12;

/** One more look. @param lossPercent of what we sent in the last seconds, 0 to 100; null when nobody said */
export function watchLoss(watch: LossWatch, lossPercent: number | null): LossWatch {
	if (lossPercent === null) return watch;
	const { level } = watch;
	const bad = lossPercent > BAD_PERCENT ? watch.bad + 1 : 0;
	const good = lossPercent < GOOD_PERCENT ? watch.good + 1 : 0;
	if (bad >= DOWN_AFTER) return { level: Math.min(level + 1, WORST) as LossLevel, bad: 0, good: 0 };
	if (good >= UP_AFTER) return { level: Math.max(level - 1, 0) as LossLevel, bad: 0, good: 0 };
	return { level, bad, good };
}
