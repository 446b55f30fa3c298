import type { CheckLine, ConnectionCheck } from './connection-check';

/** What a check means for calls, all of it together. */
export type Verdict =
	| 'stopped'
	/** No call can begin: the server is out of reach. */
	| 'no-server'
	/** Neither directly nor through TURN. */
	| 'no-way'
	/** Directly, and through TURN where that fails. */
	| 'all-ways'
	/** Through TURN by TCP or TLS alone: this network lets nothing else out, or the browser does not. */
	| 'detour'
	/** There are relays, and one does not reach another. */
	| 'half-relayed'
	/** Directly alone, for there is no TURN server. */
	| 'direct-only'
	/** With others in this network alone. */
	| 'near-only'
	/** Directly alone, though there is a TURN server. */
	| 'relay-failed'
	/** Directly; the TURN server was not asked. */
	| 'relay-unknown'
	/** The same four of somebody who hides their address, for whom there is nothing but TURN. */
	| 'hidden'
	| 'hidden-half'
	| 'hidden-failed'
	| 'hidden-unknown';

export type VerdictTone = 'good' | 'warning' | 'failed';

const TONES: Record<Verdict, VerdictTone> = {
	stopped: 'warning',
	'no-server': 'failed',
	'no-way': 'failed',
	'all-ways': 'good',
	detour: 'warning',
	'half-relayed': 'warning',
	'direct-only': 'warning',
	'near-only': 'warning',
	'relay-failed': 'warning',
	'relay-unknown': 'warning',
	hidden: 'good',
	'hidden-half': 'warning',
	'hidden-failed': 'failed',
	'hidden-unknown': 'warning'
};

export const toneOf = (verdict: Verdict): VerdictTone => TONES[verdict];

/** Null while it is not over. */
export function verdictOf(check: ConnectionCheck): Verdict | null {
	if (check.phase === 'running') return null;
	if (check.phase === 'stopped') return 'stopped';
	const line = (kind: CheckLine['target']['kind']) => check.lines.find(({ target }) => target.kind === kind);
	const relays = check.lines.filter(({ target }) => target.kind === 'relay');
	if (line('server')?.state === 'failed') return 'no-server';

	const carries = relays.filter(({ state }) => state === 'good');
	const opens = relays.some(({ state }) => state === 'warning') && check.relays === true;
	const unasked = relays.every(({ state }) => state === 'skipped');
	if (check.hidesAddress && check.relays !== false) {
		if (carries.length > 0) return 'hidden';
		if (opens) return 'hidden-half';
		return unasked ? 'hidden-unknown' : 'hidden-failed';
	}

	const direct = line('direct')?.state === 'good';
	// Only a STUN server that answered shows that packets get out; without one nobody knows.
	const out = direct && line('stun')?.state === 'good';
	const shut = line('stun')?.state === 'failed';
	if (carries.length > 0) {
		const byUdp = carries.some(({ target }) => target.kind === 'relay' && target.way === 'udp');
		return direct && (out || byUdp) ? 'all-ways' : 'detour';
	}
	if (opens) return 'half-relayed';
	if (!direct) return 'no-way';
	if (check.relays === false) return out ? 'direct-only' : 'near-only';
	if (unasked) return 'relay-unknown';
	return shut ? 'near-only' : 'relay-failed';
}
