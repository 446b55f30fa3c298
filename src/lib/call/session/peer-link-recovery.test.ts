import { expect, test } from 'vitest';
import {
	DISCONNECTED_FOR_MS,
	FIRST_PATH_WITHIN_MS,
	MAX_RESTARTS,
	NO_PATH,
	PATH_LOST,
	recover,
	RESTART_WITHIN_MS,
	startRecovery,
	type Recovery,
	type RecoveryEffect,
	type RecoveryEvent,
	type RecoveryPhase
} from './peer-link-recovery';

const at = (phase: RecoveryPhase, over: Partial<Recovery> = {}): Recovery => ({
	phase,
	restarts: 0,
	everConnected: phase !== 'connecting',
	mostRestarts: MAX_RESTARTS,
	...over
});
const is = (connectionState: RTCPeerConnectionState): RecoveryEvent => ({
	type: 'connection-state',
	connectionState
});
const due: RecoveryEvent = { type: 'timer-due' };
const failed: RecoveryEvent = { type: 'negotiation-failed', why: 'no common codec' };
const RESTART = ['restart-ice', 'start-timer'] as const;

type Arrow = [title: string, Recovery, RecoveryEvent, RecoveryPhase, readonly RecoveryEffect['type'][]];
test.each<Arrow>([
	['connecting -> connected', at('connecting'), is('connected'), 'connected', ['stop-timer', 'connected']],
	['connecting -> failed -> restarting', at('connecting'), is('failed'), 'restarting', RESTART],
	['connecting -> timer-due -> restarting', at('connecting'), due, 'restarting', RESTART],
	['(ignored) connecting -> disconnected', at('connecting'), is('disconnected'), 'connecting', []],
	['connected -> disconnected -> wavering', at('connected'), is('disconnected'), 'wavering', ['start-timer']],
	['connected -> failed -> restarting', at('connected'), is('failed'), 'restarting', RESTART],
	['(ignored) connected -> timer-due', at('connected'), due, 'connected', []],
	['(ignored) connected -> connected', at('connected'), is('connected'), 'connected', []],
	['wavering -> connected', at('wavering'), is('connected'), 'connected', ['stop-timer', 'connected']],
	['wavering -> timer-due -> restarting', at('wavering'), due, 'restarting', RESTART],
	['wavering -> failed -> restarting', at('wavering'), is('failed'), 'restarting', RESTART],
	['(ignored) restarting -> failed', at('restarting', { restarts: 1 }), is('failed'), 'restarting', []],
	['(ignored) restarting -> connecting', at('restarting'), is('connecting'), 'restarting', []],
	['restarting -> timer-due -> restarting', at('restarting', { restarts: 1 }), due, 'restarting', RESTART],
	['restarting -> connected', at('restarting'), is('connected'), 'connected', ['stop-timer', 'connected']],
	['restarting -> timer-due -> gave-up', at('restarting', { restarts: 3 }), due, 'gave-up', ['give-up']],
	['gave-up -> connected', at('gave-up'), is('connected'), 'connected', ['stop-timer', 'connected']],
	['(ignored) gave-up -> failed', at('gave-up'), is('failed'), 'gave-up', []],
	['(ignored) gave-up -> timer-due', at('gave-up'), due, 'gave-up', []],
	[
		'connected -> negotiation-failed -> gave-up',
		at('connected'),
		failed,
		'gave-up',
		['stop-timer', 'give-up']
	],
	['(ignored) connected -> closed', at('connected'), is('closed'), 'connected', []]
])('%s', (_title, from, event, to, effects) => {
	const next = recover(from, event);
	expect(next.state.phase).toBe(to);
	expect(next.effects.map((effect) => effect.type)).toEqual(effects);
});

/** Lets every timer run out. @returns the waits, and why it was given up */
function exhaust(from: Recovery) {
	const waits: number[] = [];
	let state = from;
	for (let rounds = 0; rounds <= MAX_RESTARTS; rounds += 1) {
		const next = recover(state, due);
		state = next.state;
		for (const effect of next.effects) {
			if (effect.type === 'start-timer') waits.push(effect.afterMs);
			if (effect.type === 'give-up') return { waits, why: effect.why };
		}
	}
	return { waits, why: null };
}

test('each restart has longer than the last, and the reason says whether there ever was a path', () => {
	expect(exhaust(at('wavering'))).toEqual({ waits: [...RESTART_WITHIN_MS], why: PATH_LOST });
	expect(exhaust(startRecovery().state)).toEqual({ waits: [...RESTART_WITHIN_MS], why: NO_PATH });
});

test('a connection that stood again has all its restarts back', () => {
	const next = recover(at('restarting', { restarts: 3 }), is('connected'));
	expect(next.state.restarts).toBe(0);
});

test('a connection in the place of another is given up after its first wait, unless it stood', () => {
	const { state, effects } = startRecovery(0);
	expect(effects).toEqual([{ type: 'start-timer', afterMs: FIRST_PATH_WITHIN_MS }]);
	expect(exhaust(state)).toEqual({ waits: [], why: NO_PATH });
	const stood = recover(recover(state, is('connected')).state, is('disconnected')).state;
	expect(exhaust(stood)).toEqual({ waits: [...RESTART_WITHIN_MS], why: PATH_LOST });
});

test('the waits are those of the design', () => {
	expect(startRecovery().effects).toEqual([{ type: 'start-timer', afterMs: FIRST_PATH_WITHIN_MS }]);
	expect(recover(at('connected'), is('disconnected')).effects).toEqual([
		{ type: 'start-timer', afterMs: DISCONNECTED_FOR_MS }
	]);
});
