import { expect, test } from 'vitest';
import type { SceneEvent } from './scene';
import { ask, call, entered, HERE, ME, mine, news, run, startMine } from './scene-fixture';

// What a person is told of their calls, in words.
test.each<[title: string, events: SceneEvent[], said: string[]]>([
	[
		'answered elsewhere',
		[news(call('a')), news(call('a', { version: 2, invite: 'accepted', devices: ['my-phone'] }))],
		['Answered on another device']
	],
	[
		'answered here',
		[
			news(call('a')),
			ask('a'),
			news(call('a', { version: 2, invite: 'accepted', devices: [HERE] })),
			entered(call('a', { version: 2, invite: 'accepted', devices: [HERE] }))
		],
		[]
	],
	[
		'answered by a call of our own',
		[ask(null), news(call('a')), news(call('a', { version: 2, invite: 'accepted', devices: [HERE] }))],
		[]
	],
	[
		'declined elsewhere',
		[news(call('a')), news(call('a', { version: 2, invite: 'declined', ended: 'declined' }))],
		['Declined on another device']
	],
	[
		'declined here',
		[
			news(call('a')),
			{ type: 'decline', callId: 'a' },
			news(call('a', { version: 2, invite: 'declined', ended: 'declined' }))
		],
		[]
	],
	[
		'the caller cancels',
		[news(call('a')), news(call('a', { version: 2, invite: 'cancelled', ended: 'cancelled' }))],
		['Missed call from Ann']
	],
	[
		'the caller cancels while it is being answered here',
		[news(call('a')), ask('a'), news(call('a', { version: 2, invite: 'cancelled', ended: 'cancelled' }))],
		['Missed call from Ann']
	],
	[
		'the ring lifetime is over while the call goes on',
		[
			news(call('a', { cem: 'accepted' })),
			news(call('a', { version: 2, invite: 'missed', cem: 'accepted' }))
		],
		['Missed call from Ann']
	],
	[
		'removed from the room while it rings',
		[news(call('a', { cem: 'accepted' })), news(call('a', { version: 2, invite: 'cancelled' }))],
		[]
	],
	[
		'Bob declines',
		[...startMine, news(mine({ version: 2, invite: 'declined', ended: 'declined' }))],
		['Bob declined']
	],
	['Bob is busy', [...startMine, news(mine({ version: 2, invite: 'busy', ended: 'busy' }))], ['Bob is busy']],
	[
		'Bob does nothing',
		[...startMine, news(mine({ version: 2, invite: 'missed', ended: 'missed' }))],
		['Bob did not answer']
	],
	[
		'both decline',
		[...startMine, news(mine({ version: 2, invite: 'declined', cem: 'declined', ended: 'declined' }))],
		['Bob and Cem declined']
	],
	[
		'nobody answers',
		[...startMine, news(mine({ version: 2, invite: 'missed', cem: 'missed', ended: 'missed' }))],
		['Nobody answered']
	],
	[
		'everybody is busy',
		[...startMine, news(mine({ version: 2, invite: 'busy', cem: 'busy', ended: 'busy' }))],
		['Everybody is busy']
	],
	[
		'the other leaves',
		[...startMine, news(mine({ version: 3, invite: 'accepted', ended: 'completed' }))],
		['Call ended']
	],
	[
		'cancelled by my other device',
		[...startMine, news(mine({ version: 3, ended: 'cancelled' }))],
		['Call cancelled']
	],
	[
		'no media ever',
		[
			...startMine,
			news(mine({ version: 3, invite: 'accepted', ended: 'failed', failure: 'No path was found' }))
		],
		['The call failed: No path was found.']
	],
	['left by myself', [...startMine, { type: 'leave' }, news(mine({ version: 3, ended: 'completed' }))], []],
	[
		'moved to my other device',
		[...startMine, news(mine({ version: 2, invite: 'accepted', devices: ['my-phone'] }))],
		['The call goes on at another device']
	],
	[
		'away past the grace',
		[...startMine, news(mine({ version: 2, invite: 'accepted', devices: ['bobs'] }))],
		['You were away for too long and left the call']
	],
	[
		'not a participant any more',
		[...startMine, { type: 'call-gone', callId: 'a' }],
		['You are not in that call any more']
	],
	[
		'its end overtakes the answer to starting it',
		[ask(null), news(mine({ version: 2, invite: 'declined', ended: 'declined' })), entered(mine())],
		['Bob declined']
	],
	[
		"somebody else's call",
		[
			news(call('a', { invite: 'missed' })),
			news(call('a', { version: 2, ended: 'completed', invite: 'missed' }))
		],
		[]
	]
])('words: %s', (_title, events, said) => {
	expect(run(...events).said).toEqual(said);
});

test.each<[offer: string | undefined, events: SceneEvent[]]>([
	['Call again', [...startMine, news(mine({ version: 2, invite: 'declined', ended: 'declined' }))]],
	['Call again', [...startMine, news(mine({ version: 2, invite: 'busy', ended: 'busy' }))]],
	['Call back', [news(call('a')), news(call('a', { version: 2, invite: 'missed', ended: 'missed' }))]],
	[undefined, [news(call('a')), news(call('a', { version: 2, invite: 'accepted', devices: ['my-phone'] }))]],
	[undefined, [...startMine, news(mine({ version: 3, invite: 'accepted', ended: 'completed' }))]]
])('offers %s', (offer, events) => {
	expect(run(...events).offers).toEqual([offer]);
});

test('in a group call the removed one is told by whom', () => {
	const inside = call('a', { invite: 'accepted', cem: 'accepted', devices: ['anns', HERE] });
	const without = call('a', { version: 2, invite: 'accepted', cem: 'accepted', devices: ['anns'] });
	const participants = without.participants.map((one) => ({ ...one, removed: one.userId === ME }));
	const { said } = run(ask('a'), entered(inside), news({ ...without, participants }));
	expect(said).toEqual(['The host has removed you from the call']);
});
