import { expect, test } from 'vitest';
import { createAudioLevel } from './audio-level';

function receiving() {
	let sources: RTCRtpSynchronizationSource[] = [];
	const level = createAudioLevel(() => ({ getSynchronizationSources: () => sources }));
	const come = (...packets: Partial<RTCRtpSynchronizationSource>[]) =>
		(sources = packets.map((packet) => ({ source: 1, timestamp: 0, rtpTimestamp: 0, ...packet })));
	return { level, come };
}

test('the level of the last packet; nothing when none has come since', () => {
	const { level, come } = receiving();
	expect(level()).toBe(0);
	come({ rtpTimestamp: 960, audioLevel: 0.1 });
	expect(level()).toBe(0.1);
	expect(level()).toBe(0);
	come({ rtpTimestamp: 1_920, audioLevel: 0.2 });
	expect(level()).toBe(0.2);
});

test('of several senders in one track, whoever sent last', () => {
	const { level, come } = receiving();
	come(
		{ source: 1, timestamp: 1_000, rtpTimestamp: 5, audioLevel: 0.5 },
		{ source: 2, timestamp: 2_000, rtpTimestamp: 9, audioLevel: 0.1 }
	);
	expect(level()).toBe(0.1);
});

test('a connection without that track, and a browser that tells no level, are silent', () => {
	expect(createAudioLevel(() => undefined)()).toBe(0);
	const { level, come } = receiving();
	come({ rtpTimestamp: 960 });
	expect(level()).toBe(0);
});
