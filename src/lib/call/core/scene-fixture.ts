import { newScene, transition, type Scene, type SceneEvent } from './scene';
import type { CallSnapshot, DeviceSnapshot, EndReason, InviteState } from './snapshot';

export const ME = 'me';
export const HERE = 'my-device';

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

/** In the call, with everything on but the screen; of a person of the same name. */
export function device(deviceId: string, joinOrder: number, epoch = 1): DeviceSnapshot {
	return {
		deviceId,
		userId: deviceId,
		presence: 'joined',
		joinOrder,
		epoch,
		microphoneEnabled: true,
		cameraEnabled: true,
		screenEnabled: false,
		mutedByHost: 0,
		handRaisedAt: null
	};
}

/** A call between me and one other person, Cem beside them when the test says so. */
export function call(id: string, shape: Shape = {}): CallSnapshot {
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
		devices: devices.map((id, index) => ({
			...device(id, index + 1),
			userId: id.startsWith('my-') ? ME : 'other'
		}))
	};
}

export function run(...events: SceneEvent[]) {
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

export const news = (snapshot: CallSnapshot): SceneEvent => ({ type: 'call', call: snapshot });
export const ask = (callId: string | null): SceneEvent => ({ type: 'ask', callId });
export const entered = (snapshot: CallSnapshot): SceneEvent => ({ type: 'entered', call: snapshot });

export const mine = (shape: Shape = {}) => call('a', { caller: 'me', devices: [HERE], ...shape });
export const startMine = [ask(null), entered(mine())];
