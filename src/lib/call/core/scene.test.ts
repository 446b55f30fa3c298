import { describe, expect, test } from 'vitest';
import { currentOf, incomingOf, newScene, transition, type Scene, type SceneEvent } from './scene';
import type { CallSnapshot, EndReason, InviteState } from './snapshot';

const ME = 'me';
const HERE = 'my-device';

type Shape = {
	version?: number;
	invite?: InviteState;
	/** Whose call it is; Bob is the callee of mine. */
	caller?: 'me' | 'ann';
	devices?: string[];
	ended?: EndReason;
	failure?: string;
	cem?: InviteState;
};

/** A call between me and one other person, Cem beside them when the test says so. */
function call(id: string, shape: Shape = {}): CallSnapshot {
	const { version = 1, invite = 'ringing', caller = 'ann', devices = [], ended, failure = null, cem } = shape;
	const person = (userId: string, displayName: string, role: 'caller' | 'callee', state: InviteState) => ({
		userId,
		displayName,
		role,
		invite: state,
		ringUntil: null,
		removed: false
	});
	const [other, mine] =
		caller === 'me'
			? [person('bob', 'Bob', 'callee', invite), person(ME, 'Me', 'caller', 'accepted')]
			: [person('ann', 'Ann', 'caller', 'accepted'), person(ME, 'Me', 'callee', invite)];
	const anyAccepted = invite === 'accepted';
	return {
		id,
		roomId: 'room',
		roomName: 'Room',
		ring: 'ring',
		direct: cem === undefined,
		kind: 'video',
		phase: ended ? 'ended' : anyAccepted ? 'active' : 'ringing',
		version,
		callerId: caller === 'me' ? ME : 'ann',
		hostId: caller === 'me' ? ME : 'ann',
		startedAt: 1,
		activeAt: anyAccepted ? 2 : null,
		aloneUntil: null,
		endedAt: ended ? 3 : null,
		endReason: ended ?? null,
		failure,
		participants: [mine, other, ...(cem ? [person('cem', 'Cem', 'callee', cem)] : [])],
		devices: devices.map((deviceId, index) => ({
			deviceId,
			userId: deviceId.startsWith('my-') ? ME : 'other',
			presence: 'joined',
			joinOrder: index + 1,
			epoch: 1,
			microphoneEnabled: true,
			cameraEnabled: true,
			mutedByHost: 0
		}))
	};
}

function run(...events: SceneEvent[]) {
	let scene: Scene = newScene(ME);
	const said: string[] = [];
	const offers: (string | undefined)[] = [];
	const others: string[] = [];
	for (const event of [{ type: 'device', deviceId: HERE } as const, ...events]) {
		const next = transition(scene, event);
		scene = next.state;
		for (const effect of next.effects) {
			if (effect.type === 'say') {
				said.push(effect.words.text);
				offers.push(effect.words.offers);
			} else others.push(`${effect.type} ${effect.callId}`);
		}
	}
	return { scene, said, offers, others };
}

const news = (snapshot: CallSnapshot): SceneEvent => ({ type: 'call', call: snapshot });
const ask = (callId: string | null): SceneEvent => ({ type: 'ask', callId });
const entered = (snapshot: CallSnapshot): SceneEvent => ({ type: 'entered', call: snapshot });

const mine = (shape: Shape = {}) => call('a', { caller: 'me', devices: [HERE], ...shape });
const startMine = [ask(null), entered(mine())];

describe('what rings', () => {
	test('a call whose invite of mine is ringing', () => {
		expect(incomingOf(run(news(call('a'))).scene)?.id).toBe('a');
	});
	test.each<InviteState>(['accepted', 'declined', 'missed', 'busy', 'cancelled'])(
		'not when my invite is %s',
		(invite) => {
			expect(incomingOf(run(news(call('a', { invite }))).scene)).toBeNull();
		}
	);
	test('not the call that this device is answering, nor one it declined', () => {
		expect(incomingOf(run(news(call('a')), ask('a')).scene)).toBeNull();
		expect(incomingOf(run(news(call('a')), { type: 'decline', callId: 'a' }).scene)).toBeNull();
	});
	test('again when the answer was refused, or the decline did not get through', () => {
		expect(incomingOf(run(news(call('a')), ask('a'), { type: 'refused' }).scene)?.id).toBe('a');
		const back = run(
			news(call('a')),
			{ type: 'decline', callId: 'a' },
			{ type: 'decline-failed', callId: 'a' }
		);
		expect(incomingOf(back.scene)?.id).toBe('a');
	});
	test('the oldest of two', () => {
		const later = { ...call('b'), startedAt: 2 };
		expect(incomingOf(run(news(later), news(call('a'))).scene)?.id).toBe('a');
	});
	test('one that is heard before one of a room that rings silently', () => {
		const silent = { ...call('a'), ring: 'silent' as const };
		expect(incomingOf(run(news(silent)).scene)?.id).toBe('a');
		const heard = { ...call('b'), startedAt: 2 };
		expect(incomingOf(run(news(silent), news(heard)).scene)?.id).toBe('b');
	});
	test('nothing in a room where calls are not to be told, and nothing is said when it stops', () => {
		const quiet = { ...call('a'), ring: 'none' as const };
		expect(incomingOf(run(news(quiet)).scene)).toBeNull();
		const over = { ...call('a', { version: 2, invite: 'missed', ended: 'missed' }), ring: 'none' as const };
		expect(run(news(quiet), news(over)).said).toEqual([]);
	});
});

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

describe('a call that a state leaves out', () => {
	test('is looked up, and kept until there is an answer', () => {
		const { scene, others, said } = run(...startMine, { type: 'state', calls: [] });
		expect(others).toEqual(['look-up a']);
		expect(currentOf(scene)?.stage).toBe('outgoing');
		expect(said).toEqual([]);
	});
	test('goes on when the state was merely older than the call', () => {
		const { scene, others } = run(...startMine, { type: 'state', calls: [] }, news(mine()));
		expect(currentOf(scene)?.call.id).toBe('a');
		expect(others).toEqual(['look-up a']);
	});
	test('is over when it is', () => {
		const ended = mine({ version: 4, invite: 'accepted', ended: 'completed' });
		const { scene, others, said } = run(...startMine, { type: 'state', calls: [] }, news(ended));
		expect(currentOf(scene)).toBeNull();
		expect(others).toEqual(['look-up a', 'release a']);
		expect(said).toEqual(['Call ended']);
	});
});

describe('this device', () => {
	test('asking -> joining, entered -> outgoing while it rings, then joined', () => {
		expect(currentOf(run(news(call('a')), ask('a')).scene)?.stage).toBe('joining');
		expect(currentOf(run(...startMine).scene)?.stage).toBe('outgoing');
		expect(currentOf(run(...startMine, news(mine({ version: 2, invite: 'accepted' }))).scene)?.stage).toBe(
			'joined'
		);
	});
	test('under a new id joins again in place of the old one', () => {
		const { scene, others } = run(...startMine, { type: 'device', deviceId: 'my-new' });
		expect(others).toEqual(['rejoin a']);
		expect(scene.here).toEqual({ stage: 'asking', callId: 'a' });
	});
	test('is let in by an answer that is older than the news of it', () => {
		const newer = mine({ version: 2, invite: 'accepted', devices: [HERE, 'bobs'] });
		const { scene } = run(ask(null), news(newer), entered(mine()));
		expect(currentOf(scene)).toEqual({ call: newer, stage: 'joined' });
	});
	test('is out at once when newer news have it out already', () => {
		const newer = mine({ version: 3, invite: 'accepted', devices: ['bobs'] });
		const { scene, others } = run(ask(null), news(newer), entered(mine()));
		expect(currentOf(scene)).toBeNull();
		expect(others).toEqual(['release a']);
	});
});
