/**
 * What one connection carries each way, in the order of its m-lines. The order is the protocol: a track is what its
 * place says, and nothing else tells a camera from a screen. So this list only ever grows at its end.
 *
 * All of them are negotiated from the beginning, the screen's too, though most calls never share one. Adding them at
 * the first share would cost each connection another exchange just then, over whatever rung there is, glare when two
 * begin at once, and a late joiner another way in than the one that is always taken. What it costs is two m-lines in
 * each description: those of the screen name fewer codecs, so that a description stays well within a signal.
 */
export const LANES = ['audio', 'video', 'screenVideo', 'screenAudio'] as const;
export type Lane = (typeof LANES)[number];

/** The local tracks that are sent; null sends nothing in that lane. */
export type Tracks = Readonly<Record<Lane, MediaStreamTrack | null>>;
/** Microphone and camera. */
export type DeviceTracks = Pick<Tracks, 'audio' | 'video'>;
export type ScreenTracks = Pick<Tracks, 'screenVideo' | 'screenAudio'>;

const KINDS = {
	audio: 'audio',
	video: 'video',
	screenVideo: 'video',
	screenAudio: 'audio'
} as const satisfies Record<Lane, 'audio' | 'video'>;

export const kindOf = (lane: Lane): 'audio' | 'video' => KINDS[lane];

type Placed = { readonly receiver: { readonly track: { readonly kind: string } } };

/**
 * The lane of a transceiver: its place among all of its connection. The offerer adds them in the order of `LANES`, and
 * the answerer's come in the order of the offer's m-lines (RFC 8829, section 5.10).
 *
 * @returns null for what has no lane here: a client of later may offer more, and one of before offers the first two
 */
export function laneOf<Transceiver extends Placed>(
	transceiver: Transceiver,
	all: readonly Transceiver[]
): Lane | null {
	const lane = LANES[all.indexOf(transceiver)];
	return lane && kindOf(lane) === transceiver.receiver.track.kind ? lane : null;
}

/**
 * One codec of each name, in the browser's own order, and retransmission. A browser lists H.264 in up to eight profiles, each of them
 * several lines of the description.
 */
export function fewCodecs<Codec extends { readonly mimeType: string }>(all: readonly Codec[]): Codec[] {
	const taken = new Set<string>();
	return all.filter(({ mimeType }) => {
		const name = mimeType.toLowerCase();
		if (!SCREEN_CODECS.has(name) || taken.has(name)) return false;
		taken.add(name);
		return true;
	});
}

/**
 * Whether a description has feedback lines of payload types that its m-line does not name, against RFC 4585 section 4.2. Firefox
 * (153) leaves those of every codec that it was told to leave out, and Chromium takes no such offer.
 */
export function hasFeedbackOfNothing(sdp: string): boolean {
	const [, ...sections] = sdp.split(/^m=/m);
	return sections.some((section) => {
		const [mLine = ''] = section.split(/\r?\n/, 1);
		const named = new Set(mLine.split(' ').slice(3));
		return [...section.matchAll(/^a=rtcp-fb:(\d+) /gm)].some(
			([, payloadType = '']) => !named.has(payloadType)
		);
	});
}

const SCREEN_CODECS = new Set([
	'video/vp8',
	'video/vp9',
	'video/h264',
	'video/av1',
	'video/rtx',
	'audio/opus'
]);
