import { describe, expect, test } from 'vitest';
import { currentOf, incomingOf } from './scene';
import { ask, call, entered, HERE, mine, news, run, startMine } from './scene-fixture';
import type { InviteState } from './snapshot';

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
