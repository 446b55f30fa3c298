import { expect, test } from 'vitest';
import { transition, type CallEvent } from './call';
import { accept, ANN, BOB, CAT, join, run, settings, start, T } from './call-fixture';
import type { CallState } from './call-state';
import { happenedBetween } from './call-timeline';

/** Everything that is told of a call in which these things happen, one a second. */
function told(call: CallState, ...events: CallEvent[]): string[] {
	const lines = [happenedBetween(null, call, null)];
	let before = call;
	for (const [index, event] of events.entries()) {
		const after = transition(before, event, T + 1_000 * (index + 1), settings);
		lines.push(happenedBetween(before, after, event));
		before = after;
	}
	return lines.flat().map(({ kind, userId }) => (userId === null ? kind : `${userId} ${kind}`));
}

test('a call of three, with a host that goes', () => {
	expect(
		told(
			start([BOB, CAT]),
			accept(BOB),
			{ type: 'media-connected', deviceId: 'bob-1' },
			accept(CAT),
			{ type: 'device-silent', deviceId: 'cat-1' },
			{ type: 'device-heard', deviceId: 'cat-1' },
			join(BOB, 'bob-2'),
			{ type: 'leave', deviceId: 'ann-1' },
			{ type: 'remove', userId: CAT, targetId: BOB },
			{ type: 'leave', deviceId: 'cat-1' }
		)
	).toEqual([
		'ann started',
		'bob joined',
		'connected',
		'cat joined',
		'cat reconnecting',
		'cat returned',
		'bob moved',
		'ann left',
		'cat host',
		'bob removed',
		'cat left',
		'ended'
	]);
});

test.each<[what: string, call: CallState, events: CallEvent[], told: string[]]>([
	['a decline', start([BOB]), [{ type: 'decline', userId: BOB }], ['ann started', 'bob declined', 'ended']],
	[
		'a cancel',
		start([BOB]),
		[{ type: 'leave', deviceId: 'ann-1' }],
		['ann started', 'bob cancelled', 'ended']
	],
	['nobody to disturb', start([BOB], [BOB]), [], ['ann started', 'bob busy', 'ended']],
	[
		'one who is busy comes all the same',
		start([BOB, CAT], [BOB]),
		[join(BOB)],
		['ann started', 'bob busy', 'bob joined']
	],
	[
		'either of two leaves',
		start([BOB]),
		[accept(BOB), { type: 'leave', deviceId: 'bob-1' }],
		['ann started', 'bob joined', 'bob left', 'ended']
	],
	[
		'the host ends it for everybody',
		start([BOB, CAT]),
		[accept(BOB), { type: 'end', userId: ANN }],
		['ann started', 'bob joined', 'cat missed', 'ann ended']
	]
])('%s', (_what, call, events, lines) => {
	expect(told(call, ...events)).toEqual(lines);
});

test('who is no host ends nothing, also when its time is up as they ask', () => {
	const alone = run(start([BOB, CAT]), [0, accept(BOB)], [0, { type: 'leave', deviceId: 'bob-1' }]);
	const event = { type: 'end', userId: BOB } as const;
	const after = transition(alone, event, T + settings.aloneLimitMs, settings);
	expect(after.phase).toBe('ended');
	expect(happenedBetween(alone, after, event).at(-1)).toEqual({ kind: 'ended', userId: null });
});

test('what changes nobody’s part is not told', () => {
	const media = {
		type: 'media-chosen',
		deviceId: 'ann-1',
		microphoneEnabled: false,
		cameraEnabled: false,
		screenEnabled: true
	} as const;
	expect(told(start([BOB]), media, { type: 'mailbox-reset', deviceId: 'ann-1' })).toEqual(['ann started']);
});
