import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
	CODEC_CHOICES,
	codecsBothWays,
	createCodecWish,
	orderCodecs,
	VIDEO_CODECS,
	wantedCodecs,
	type CodecChoice,
	type VideoCodec
} from './video-codecs';

const codec = (mimeType: string, sdpFmtpLine?: string) => ({
	mimeType,
	...(sdpFmtpLine ? { sdpFmtpLine } : {})
});
/** As Chromium lists them. */
const ALL = [
	codec('video/VP8'),
	codec('video/rtx'),
	codec('video/VP9', 'profile-id=0'),
	codec('video/VP9', 'profile-id=2'),
	codec('video/H264', 'profile-level-id=42001f'),
	codec('video/H264', 'profile-level-id=42e01f'),
	codec('video/AV1'),
	codec('video/red')
];
const names = (codecs: readonly { mimeType: string }[] | null) => codecs?.map(({ mimeType }) => mimeType);

test('automatic changes nothing', () => {
	expect(wantedCodecs('automatic', new Set(VIDEO_CODECS))).toEqual([]);
	expect(orderCodecs(ALL, ALL, [])).toBeNull();
});

test('what is preferred comes first with all its profiles in their order, and nothing is left out', () => {
	expect(names(orderCodecs(ALL, ALL, wantedCodecs('h264', new Set())))).toEqual([
		'video/H264',
		'video/H264',
		'video/VP8',
		'video/rtx',
		'video/VP9',
		'video/VP9',
		'video/AV1',
		'video/red'
	]);
	expect(orderCodecs(ALL, ALL, ['h264'])?.[0]).toBe(ALL[4]);
});

test('what can be received here and not sent is not preferred', () => {
	const sent = ALL.filter(({ mimeType }) => mimeType !== 'video/AV1');
	expect(orderCodecs(sent, ALL, ['av1'])).toBeNull();
	expect(codecsBothWays(sent, ALL)).toEqual(['vp9', 'h264']);
	expect(codecsBothWays(ALL, sent)).toEqual(['vp9', 'h264']);
});

test.each<[hardware: VideoCodec[], wanted: VideoCodec[]]>([
	[[], ['h264']],
	[['h264'], ['h264']],
	[
		['vp9', 'h264'],
		['vp9', 'h264']
	],
	[
		['vp9', 'av1'],
		['av1', 'vp9', 'h264']
	]
])('hardware that encodes %j: wants %j', (hardware, wanted) => {
	expect(wantedCodecs('hardware', new Set(hardware))).toEqual(wanted);
});

test('whatever is chosen, the same codecs are there, each once, and those that nobody asked for keep their order', () => {
	fc.assert(
		fc.property(
			fc.shuffledSubarray(ALL),
			fc.shuffledSubarray(ALL),
			fc.constantFrom(...CODEC_CHOICES),
			fc.subarray([...VIDEO_CODECS]),
			(sent, received, choice, hardware) => {
				const wanted = wantedCodecs(choice, new Set(hardware));
				const ordered = orderCodecs(sent, received, wanted) ?? received;
				expect(new Set(ordered)).toEqual(new Set(received));
				expect(ordered).toHaveLength(received.length);
				const others = (codecs: readonly { mimeType: string }[]) =>
					codecs.filter(({ mimeType }) => !wanted.some((name) => mimeType.toLowerCase() === `video/${name}`));
				expect(others(ordered)).toEqual(others(received));
			}
		)
	);
});

test('hardware is asked about once, for who has chosen it, and what it answers counts from then on', async () => {
	let choice: CodecChoice = 'automatic';
	const ask = vi.fn(async () => new Set(['vp9'] as const));
	const wish = createCodecWish(() => choice, ask);
	wish.prepare();
	expect(ask).not.toHaveBeenCalled();
	expect(wish.wanted).toEqual([]);
	choice = 'hardware';
	wish.prepare();
	wish.prepare();
	expect(ask).toHaveBeenCalledTimes(1);
	expect(wish.wanted).toEqual(['h264']);
	await vi.waitFor(() => expect(wish.wanted).toEqual(['vp9', 'h264']));
	choice = 'av1';
	expect(wish.wanted).toEqual(['av1']);
});
