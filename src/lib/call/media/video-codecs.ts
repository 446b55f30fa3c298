/** Codecs of pictures that a person may prefer, and `RTCRtpCodec.mimeType` of each in small letters. */
const MIME_TYPES = { av1: 'video/av1', vp9: 'video/vp9', h264: 'video/h264' } as const;
export type VideoCodec = keyof typeof MIME_TYPES;
export const VIDEO_CODECS = ['av1', 'vp9', 'h264'] as const satisfies readonly VideoCodec[];

/**
 * What a browser's person wants of it. `automatic`: the browser's own order. `hardware`: what this machine encodes without its
 * processor's help, and H.264 where there is nothing newer of that kind.
 */
export const CODEC_CHOICES = ['automatic', 'hardware', ...VIDEO_CODECS] as const;
export type CodecChoice = (typeof CODEC_CHOICES)[number];

/** RTCRtpCodec. */
type Codec = { readonly mimeType: string; readonly sdpFmtpLine?: string };

const nameOf = ({ mimeType }: Codec): VideoCodec | undefined =>
	VIDEO_CODECS.find((name) => MIME_TYPES[name] === mimeType.toLowerCase());

/** Which ones come before all others; none leaves everything as it is. @param efficient those that hardware encodes */
export function wantedCodecs(choice: CodecChoice, efficient: ReadonlySet<VideoCodec>): VideoCodec[] {
	if (choice === 'automatic') return [];
	if (choice !== 'hardware') return [choice];
	return [...(['av1', 'vp9'] as const).filter((name) => efficient.has(name)), 'h264'];
}

/** What can be both sent and received here. */
export function codecsBothWays(sent: readonly Codec[], received: readonly Codec[]): VideoCodec[] {
	const names = new Set(sent.map(nameOf));
	return VIDEO_CODECS.filter((name) => names.has(name) && received.some((codec) => nameOf(codec) === name));
}

/**
 * All that can be received, those of `wanted` first, and everything else in the browser's own order. None is left out: Firefox
 * leaves a description's feedback lines behind of what it was told to leave out.
 *
 * @returns null when that is the order in which they are
 */
export function orderCodecs<Received extends Codec>(
	sent: readonly Codec[],
	received: readonly Received[],
	wanted: readonly VideoCodec[]
): Received[] | null {
	const both = codecsBothWays(sent, received);
	const first = wanted
		.filter((name) => both.includes(name))
		.flatMap((name) => received.filter((codec) => nameOf(codec) === name));
	const ordered = [...first, ...received.filter((codec) => !first.includes(codec))];
	return ordered.every((codec, index) => codec === received[index]) ? null : ordered;
}

/** What of it this browser sends and receives; none outside of a browser. */
export function codecsHere(): VideoCodec[] {
	return typeof RTCRtpSender === 'undefined' ? [] : codecsBothWays(...capabilities());
}

/** The person's order, in this browser, for one connection. It has to be there before the first description is made. */
export function preferCodecs(transceiver: RTCRtpTransceiver, wanted: readonly VideoCodec[]): void {
	const ordered = orderCodecs(...capabilities(), wanted);
	if (ordered && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(ordered);
}

function capabilities(): [sent: RTCRtpCodec[], received: RTCRtpCodec[]] {
	const of = (kind: typeof RTCRtpSender | typeof RTCRtpReceiver) =>
		kind.getCapabilities('video')?.codecs ?? [];
	return [of(RTCRtpSender), of(RTCRtpReceiver)];
}

/** A camera's picture as most calls send it. */
const PICTURE = { width: 1280, height: 720, bitrate: 1_700_000, framerate: 30 };

/** Which ones this machine's hardware encodes. Never throws. */
export async function askHardware(): Promise<ReadonlySet<VideoCodec>> {
	const asked = VIDEO_CODECS.map(async (name) => {
		const video = { ...PICTURE, contentType: MIME_TYPES[name] };
		const answer = await navigator.mediaCapabilities.encodingInfo({ type: 'webrtc', video });
		return answer.supported && answer.powerEfficient ? [name] : [];
	});
	const answers = await Promise.allSettled(asked);
	return new Set(answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])));
}

/**
 * Which codecs the next connection is to prefer. Hardware is asked about once, and only for who has chosen it.
 *
 * @param choice as it is just now
 */
export function createCodecWish(choice: () => CodecChoice, ask = askHardware) {
	let efficient: ReadonlySet<VideoCodec> = new Set();
	let asked = false;
	return {
		/** Before the first connection of a call; nothing waits for the answer. */
		prepare(): void {
			if (asked || choice() !== 'hardware') return;
			asked = true;
			void ask().then((found) => (efficient = found));
		},
		get wanted(): readonly VideoCodec[] {
			return wantedCodecs(choice(), efficient);
		}
	};
}
