import { expect, test } from 'vitest';
import { fewCodecs, hasFeedbackOfNothing, laneOf, LANES } from './lanes';

const placed = (...kinds: string[]) => kinds.map((kind) => ({ receiver: { track: { kind } } }));
const lanesOf = (...kinds: string[]) => {
	const all = placed(...kinds);
	return all.map((transceiver) => laneOf(transceiver, all));
};

test('a track is what its place says', () => {
	expect(lanesOf('audio', 'video', 'video', 'audio')).toEqual([...LANES]);
});

test('a client of before offers the first two, and one of later perhaps more', () => {
	expect(lanesOf('audio', 'video')).toEqual(['audio', 'video']);
	expect(lanesOf('audio', 'video', 'video', 'audio', 'video')).toEqual([...LANES, null]);
});

test('what does not fit its place has none', () => {
	expect(lanesOf('audio', 'video', 'audio', 'video')).toEqual(['audio', 'video', null, null]);
	expect(laneOf(placed('audio')[0]!, [])).toBeNull();
});

test('the screen names one codec of each name, in the order of the browser', () => {
	const codecs = [
		{ mimeType: 'video/VP8' },
		{ mimeType: 'video/rtx' },
		{ mimeType: 'video/H264', sdpFmtpLine: 'profile-level-id=42001f' },
		{ mimeType: 'video/H264', sdpFmtpLine: 'profile-level-id=42e01f' },
		{ mimeType: 'video/red' },
		{ mimeType: 'video/ulpfec' },
		{ mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
		{ mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' }
	];
	expect(fewCodecs(codecs)).toEqual([codecs[0], codecs[1], codecs[2], codecs[6]]);
});

test('feedback of what is not named is told from feedback of what is', () => {
	const names = (payloadTypes: string, ...feedback: string[]) =>
		[
			'v=0',
			'm=audio 9 UDP/TLS/RTP/SAVPF 109',
			'a=rtcp-fb:109 transport-cc',
			`m=video 9 UDP/TLS/RTP/SAVPF ${payloadTypes}`,
			...feedback.map((payloadType) => `a=rtcp-fb:${payloadType} nack`),
			''
		].join('\r\n');
	expect(hasFeedbackOfNothing(names('120 121', '120', '121', '*'))).toBe(false);
	expect(hasFeedbackOfNothing(names('120', '120', '121'))).toBe(true);
	expect(hasFeedbackOfNothing(names('120', '109'))).toBe(true);
	expect(hasFeedbackOfNothing('')).toBe(false);
});
