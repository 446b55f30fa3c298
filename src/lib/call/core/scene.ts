import { inviteOf, wordsForEnd, wordsForRing, type Words } from './scene-words';
import type { CallKind, CallSnapshot } from './snapshot';
import { assertNever, step, type Step } from './step';

/**
 * What one device knows about its person's calls, and what it is doing in them.
 *
 *            ask                  entered
 *   (here: null) ─────► asking ───────────► in
 *        ▲                │  ▲               │
 *        │                │  └── new device ─┤
 *        └────────────────┴──────────────────┘  refused · leave · ended · taken out of the call
 *
 * Snapshots may be lost, doubled, late or in any order: the highest version wins, and an ended call stays ended.
 * A call that a `state` leaves out is looked up before anything is believed about it, because that state may be
 * older than the answer that brought us in.
 */
export type Scene = {
	readonly userId: string;
	readonly deviceId: string | null;
	/** Live calls by id, each at the highest version seen. */
	readonly calls: ReadonlyMap<string, CallSnapshot>;
	/** Ended calls by id. Late news must not bring them back. */
	readonly over: ReadonlyMap<string, CallSnapshot>;
	/** Calls that were not to be seen any more, with the version seen last: we may be in their room again by now. */
	readonly gone: ReadonlyMap<string, number>;
	readonly here: Here | null;
	/** Calls that this device asked to enter, or declined: their ring is nobody else's doing. */
	readonly touched: ReadonlySet<string>;
	/** How often a call was over for this page by somebody else's doing. Each time is heard, once. */
	readonly endTones: number;
};

/** `callId` is null while a call is being started. */
export type Here =
	| { readonly stage: 'asking'; readonly callId: string | null }
	| { readonly stage: 'in'; readonly callId: string; readonly ending: boolean };

export type SceneEvent =
	/** This page is a device, perhaps under a new id. */
	| { type: 'device'; deviceId: string }
	/** All live calls, as of some moment not long ago. */
	| { type: 'state'; calls: readonly CallSnapshot[] }
	| { type: 'call'; call: CallSnapshot }
	/** Looked up, and not to be seen any more: it never was, or we are not in its room now. */
	| { type: 'call-gone'; callId: string }
	| { type: 'ask'; callId: string | null }
	/** The server let us in. */
	| { type: 'entered'; call: CallSnapshot }
	| { type: 'refused' }
	| { type: 'leave' }
	/** This person ends the call for everyone. */
	| { type: 'end' }
	| { type: 'end-failed' }
	| { type: 'decline'; callId: string }
	| { type: 'decline-failed'; callId: string };

export type SceneEffect =
	/** Ask the server for this call, and come back with `call` or `call-gone`. */
	| { type: 'look-up'; callId: string }
	| { type: 'say'; callId: string; roomId: string; kind: CallKind; words: Words }
	/** This device is out of the call: close its media and connections. */
	| { type: 'release'; callId: string }
	/** This page has a new device id: join again, in place of the old one. */
	| { type: 'rejoin'; callId: string; replaces: string };

const MAX_OVER = 50;
const MOVED: Words = { text: 'The call goes on at another device', tone: 'neutral' };
const AWAY: Words = { text: 'You were away for too long and left the call', tone: 'problem' };
const REMOVED: Words = { text: 'The host has removed you from the call', tone: 'problem' };
const GONE: Words = { text: 'You are not in that call any more', tone: 'problem' };

export function newScene(userId: string): Scene {
	return {
		userId,
		deviceId: null,
		calls: new Map(),
		over: new Map(),
		gone: new Map(),
		here: null,
		touched: new Set(),
		endTones: 0
	};
}

export function transition(scene: Scene, event: SceneEvent): Step<Scene, SceneEffect> {
	switch (event.type) {
		case 'device': {
			const { here, deviceId: replaces } = scene;
			const next = { ...scene, deviceId: event.deviceId };
			if (here?.stage !== 'in' || replaces === null || replaces === event.deviceId) return step(next);
			return step(
				{ ...next, here: { stage: 'asking', callId: here.callId } },
				{ type: 'rejoin', callId: here.callId, replaces }
			);
		}
		case 'state': {
			const present = new Set(event.calls.map((call) => call.id));
			const missing = [...scene.calls.keys()].filter((callId) => !present.has(callId));
			const learned = event.calls.reduce<Step<Scene, SceneEffect>>(
				(so, call) => also(so, learn(so.state, call)),
				step(scene)
			);
			return also(
				learned,
				step(learned.state, ...missing.map((callId) => ({ type: 'look-up' as const, callId })))
			);
		}
		case 'call':
			return learn(scene, event.call);
		case 'call-gone': {
			const { callId } = event;
			const known = scene.calls.get(callId);
			const calls = without(scene.calls, callId);
			const gone = known ? latest([...scene.gone, [callId, known.version]]) : scene.gone;
			if (scene.here?.callId !== callId) return step({ ...scene, calls, gone });
			const next = { ...scene, calls, gone };
			return step<Scene, SceneEffect>(
				{ ...next, here: null, endTones: endTonesAfter(next) },
				{ type: 'release', callId },
				...say(known, GONE)
			);
		}
		case 'ask':
			return step({
				...scene,
				here: { stage: 'asking', callId: event.callId },
				touched: event.callId === null ? scene.touched : new Set([...scene.touched, event.callId])
			});
		case 'entered':
			return enter(scene, event.call);
		case 'refused':
			// What could not be entered rings on, if it rang.
			return step({ ...scene, here: null, touched: excluding(scene.touched, scene.here?.callId) });
		case 'leave':
			return step({ ...scene, here: null });
		case 'end':
		case 'end-failed': {
			const { here } = scene;
			if (here?.stage !== 'in') return step(scene);
			return step({ ...scene, here: { ...here, ending: event.type === 'end' } });
		}
		case 'decline':
			return step({ ...scene, touched: new Set([...scene.touched, event.callId]) });
		case 'decline-failed':
			return step({ ...scene, touched: excluding(scene.touched, event.callId) });
		default:
			return assertNever(event);
	}
}

/** The calls that ring here; first those that are heard, and of them the one that has rung longest. */
export function ringingOf(scene: Scene): CallSnapshot[] {
	return [...scene.calls.values()]
		.filter((call) => rings(scene, call) && scene.here?.callId !== call.id && !scene.touched.has(call.id))
		.sort((a, b) => Number(isAloud(b)) - Number(isAloud(a)) || a.startedAt - b.startedAt);
}

export const incomingOf = (scene: Scene): CallSnapshot | null => ringingOf(scene)[0] ?? null;

/** Whether it is heard where it rings, and told of outside the page. */
export const isAloud = ({ ring }: CallSnapshot): boolean => ring === 'ring';

const rings = ({ userId }: Scene, call: CallSnapshot): boolean =>
	inviteOf(call, userId) === 'ringing' && call.ring !== 'none';

/** The call this device is in or on its way into, with how far it got; null also before a new call has an id. */
export function currentOf(
	scene: Scene
): { call: CallSnapshot; stage: 'joining' | 'outgoing' | 'joined' } | null {
	const { here } = scene;
	const call = here?.callId == null ? undefined : scene.calls.get(here.callId);
	if (!here || !call) return null;
	if (here.stage === 'asking') return { call, stage: 'joining' };
	return { call, stage: call.phase === 'ringing' ? 'outgoing' : 'joined' };
}

function enter(scene: Scene, call: CallSnapshot): Step<Scene, SceneEffect> {
	const inside: Scene = {
		...scene,
		here: { stage: 'in', callId: call.id, ending: false },
		touched: new Set([...scene.touched, call.id])
	};
	// Its end overtook the answer that let us in.
	const over = scene.over.get(call.id);
	if (over) return release(inside, over, wordsForEnd(over), endTonesAfter(inside));
	const learned = learn(inside, call);
	const newest = learned.state.calls.get(call.id);
	if (learned.state !== inside || !newest) return learned;
	return takenOut(inside, newest) ?? learned;
}

function learn(scene: Scene, call: CallSnapshot): Step<Scene, SceneEffect> {
	const known = scene.calls.get(call.id);
	if (scene.over.has(call.id) || (known && known.version >= call.version)) return step(scene);
	if (call.version < (scene.gone.get(call.id) ?? 0)) return step(scene);

	if (call.phase === 'ended') {
		const next: Scene = {
			...scene,
			calls: without(scene.calls, call.id),
			over: latest([...scene.over, [call.id, call]])
		};
		if (scene.here?.callId !== call.id) return ringStopped(next, known, call);
		// Whoever was about to answer a ring that stops has missed it, rather than been in it.
		const answered = scene.here.stage === 'in' || inviteOf(call, scene.userId) === 'accepted';
		return answered
			? release(next, call, wordsForEnd(call), endTonesAfter(next))
			: release(next, call, wordsForRing(call, scene.userId), next.endTones);
	}

	const next: Scene = { ...scene, calls: new Map([...scene.calls, [call.id, call] as const]) };
	return takenOut(next, call) ?? ringStopped(next, known, call);
}

/** The call goes on without this device. */
function takenOut(scene: Scene, call: CallSnapshot): Step<Scene, SceneEffect> | null {
	const { here, deviceId, userId } = scene;
	if (here?.stage !== 'in' || here.callId !== call.id) return null;
	if (call.devices.some((device) => device.deviceId === deviceId)) return null;
	const moved = call.devices.some((device) => device.userId === userId);
	if (moved) return release(scene, call, MOVED, scene.endTones);
	const removed = call.participants.some((one) => one.userId === userId && one.removed);
	return release(scene, call, removed ? REMOVED : AWAY, endTonesAfter(scene));
}

function release(
	scene: Scene,
	call: CallSnapshot,
	words: Words | null,
	endTones: number
): Step<Scene, SceneEffect> {
	return step<Scene, SceneEffect>(
		{ ...scene, here: null, endTones },
		{ type: 'release', callId: call.id },
		...say(call, words)
	);
}

/** Who ended the call themselves knows that it is over. */
function endTonesAfter({ here, endTones }: Scene): number {
	return here?.stage === 'in' && here.ending ? endTones : endTones + 1;
}

function ringStopped(
	scene: Scene,
	known: CallSnapshot | undefined,
	call: CallSnapshot
): Step<Scene, SceneEffect> {
	const rang = known !== undefined && rings(scene, known);
	// Both called each other: it is this device that is in it, though its answer has yet to come.
	const isHere = call.devices.some((device) => device.deviceId === scene.deviceId);
	if (!rang || isHere || scene.touched.has(call.id)) return step(scene);
	return step(scene, ...say(call, wordsForRing(call, scene.userId)));
}

function say(call: CallSnapshot | undefined, words: Words | null): SceneEffect[] {
	return call && words ? [{ type: 'say', callId: call.id, roomId: call.roomId, kind: call.kind, words }] : [];
}

function also(first: Step<Scene, SceneEffect>, then: Step<Scene, SceneEffect>): Step<Scene, SceneEffect> {
	return step(then.state, ...first.effects, ...then.effects);
}

/** What goes to remember of calls that are not there any more. */
function latest<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
	return new Map(entries.slice(-MAX_OVER));
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
	if (!map.has(key)) return map;
	const next = new Map(map);
	next.delete(key);
	return next;
}

function excluding(set: ReadonlySet<string>, key: string | null | undefined): ReadonlySet<string> {
	return new Set([...set].filter((one) => one !== key));
}
