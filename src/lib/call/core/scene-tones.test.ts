import { expect, test } from 'vitest';
import type { SceneEvent } from './scene';
import { ask, call, entered, HERE, mine, news, run, startMine } from './scene-fixture';

// When a call that is over is heard to be over.
const joined = [...startMine, news(mine({ version: 2, invite: 'accepted', devices: [HERE, 'bobs'] }))];
const over = news(mine({ version: 3, invite: 'accepted', ended: 'completed' }));

test.each<[title: string, endTones: number, events: SceneEvent[]]>([
	['the other leaves', 1, [...joined, over]],
	['the other leaves, and the news comes twice', 1, [...joined, over, over]],
	['Bob declines', 1, [...startMine, news(mine({ version: 2, invite: 'declined', ended: 'declined' }))]],
	['nobody answers', 1, [...startMine, news(mine({ version: 2, invite: 'missed', ended: 'missed' }))]],
	[
		'its end overtakes the answer to starting it',
		1,
		[ask(null), news(mine({ version: 2, invite: 'declined', ended: 'declined' })), entered(mine())]
	],
	['removed by the host', 1, [...joined, news(mine({ version: 3, invite: 'accepted', devices: ['bobs'] }))]],
	['not a participant any more', 1, [...joined, { type: 'call-gone', callId: 'a' }]],
	[
		'two calls, one after the other',
		2,
		[
			...joined,
			over,
			ask('b'),
			entered(call('b', { devices: [HERE] })),
			news(call('b', { version: 2, invite: 'accepted', ended: 'completed' }))
		]
	],
	['left or cancelled by myself', 0, [...joined, { type: 'leave' }, over]],
	['ended for everyone by myself', 0, [...joined, { type: 'end' }, over]],
	['I could not end it; later others do', 1, [...joined, { type: 'end' }, { type: 'end-failed' }, over]],
	[
		'moved to my other device',
		0,
		[...joined, news(mine({ version: 3, invite: 'accepted', devices: ['my-phone'] }))]
	],
	['refused', 0, [ask(null), { type: 'refused' }]],
	[
		'a ring that I declined',
		0,
		[
			news(call('a')),
			{ type: 'decline', callId: 'a' },
			news(call('a', { version: 2, invite: 'declined', ended: 'declined' }))
		]
	],
	[
		'a ring that stops while it is being answered',
		0,
		[news(call('a')), ask('a'), news(call('a', { version: 2, invite: 'cancelled', ended: 'cancelled' }))]
	],
	[
		"somebody else's call",
		0,
		[
			news(call('a', { invite: 'missed' })),
			news(call('a', { version: 2, ended: 'completed', invite: 'missed' }))
		]
	]
])('end tone: %s -> heard %i times', (_title, endTones, events) => {
	expect(run(...events).scene.endTones).toBe(endTones);
});
