import { assertNever, step, type Step } from '../core/step';

/**
 * When a connection that does not stand is helped, and when it is given up: a pure machine. Times are arguments of
 * `start-timer`; there is one timer, and starting it again replaces it.
 *
 *                connected                     disconnected
 *   connecting ─────────────► connected ─────────────────────► wavering
 *       │                      ▲  ▲  │ failed                   │  │ connected: back
 *       │ failed, timer-due    │  │  ▼                          │
 *       └─────────────────► restarting ◄────────────────────────┘ failed, timer-due
 *                             │  ▲ │  └ timer-due: restarts again, `mostRestarts` times in all
 *                             │  └─┘
 *                             ▼ timer-due after the last
 *                          gave-up ── connected (the other side found a path after all): connected
 *
 * Both sides do the same at about the same time; negotiation settles the collision. Whether another connection is tried in the
 * place of one that was given up, `peer-attempts.ts` says.
 */
export type RecoveryPhase = 'connecting' | 'connected' | 'wavering' | 'restarting' | 'gave-up';

export type Recovery = {
	readonly phase: RecoveryPhase;
	/** Restarts since the connection last stood. */
	readonly restarts: number;
	readonly everConnected: boolean;
	/** How often a path is looked for anew before this connection is given up. */
	readonly mostRestarts: number;
};

export type RecoveryEvent =
	| { type: 'connection-state'; connectionState: ConnectionState }
	| { type: 'timer-due' }
	/** The descriptions could not be agreed on: no path would help. */
	| { type: 'negotiation-failed'; why: string };

export type RecoveryEffect =
	| { type: 'start-timer'; afterMs: number }
	| { type: 'stop-timer' }
	| { type: 'restart-ice' }
	| { type: 'connected' }
	| { type: 'give-up'; why: string };

/** RTCPeerConnectionState, spelled out so that this machine needs no browser types. */
type ConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** A slow rung (a short poll) carries offer, answer and candidates within a few seconds; this is well past that. */
export const FIRST_PATH_WITHIN_MS = 10_000;
/** Most interruptions are shorter: measured, an outage heals 0.1 s after it ends. */
export const DISCONNECTED_FOR_MS = 2_000;
/** How long each restart may take before the next one. */
export const RESTART_WITHIN_MS = [5_000, 10_000, 15_000] as const;
export const MAX_RESTARTS = RESTART_WITHIN_MS.length;

export const NO_PATH = 'No network path to the other device was found.';
export const PATH_LOST = 'The network path to the other device was lost and could not be found again.';

type Next = Step<Recovery, RecoveryEffect>;

/**
 * @param mostRestarts fewer for a connection that takes the place of one that was given up; at most MAX_RESTARTS
 * @param everConnected whether one before it stood
 */
export function startRecovery(mostRestarts: number = MAX_RESTARTS, everConnected = false): Next {
	return step(
		{ phase: 'connecting', restarts: 0, everConnected, mostRestarts },
		{ type: 'start-timer', afterMs: FIRST_PATH_WITHIN_MS }
	);
}

export function recover(state: Recovery, event: RecoveryEvent): Next {
	switch (event.type) {
		case 'connection-state':
			return connectionChanged(state, event.connectionState);
		case 'timer-due':
			// Connected or given up, it is a timer from before.
			return state.phase === 'connected' || state.phase === 'gave-up' ? step(state) : restart(state);
		case 'negotiation-failed':
			return step(
				{ ...state, phase: 'gave-up' },
				{ type: 'stop-timer' },
				{ type: 'give-up', why: event.why }
			);
		default:
			return assertNever(event);
	}
}

function connectionChanged(state: Recovery, connectionState: ConnectionState): Next {
	switch (connectionState) {
		case 'connected':
			if (state.phase === 'connected') return step(state);
			return step(
				// From here on it is like any other.
				{ phase: 'connected', restarts: 0, everConnected: true, mostRestarts: MAX_RESTARTS },
				{ type: 'stop-timer' },
				{ type: 'connected' }
			);
		case 'disconnected':
			if (state.phase !== 'connected') return step(state);
			return step({ ...state, phase: 'wavering' }, { type: 'start-timer', afterMs: DISCONNECTED_FOR_MS });
		case 'failed':
			// While a restart is under way this may still be the old path's: the restart has its time.
			return state.phase === 'restarting' || state.phase === 'gave-up' ? step(state) : restart(state);
		case 'new':
		case 'connecting':
		case 'closed':
			return step(state);
		default:
			return assertNever(connectionState);
	}
}

function restart(state: Recovery): Next {
	const afterMs = RESTART_WITHIN_MS[state.restarts];
	if (afterMs === undefined || state.restarts >= state.mostRestarts) {
		const why = state.everConnected ? PATH_LOST : NO_PATH;
		return step({ ...state, phase: 'gave-up' }, { type: 'give-up', why });
	}
	return step(
		{ ...state, phase: 'restarting', restarts: state.restarts + 1 },
		{ type: 'restart-ice' },
		{ type: 'start-timer', afterMs }
	);
}
