import type { CandidateType } from './connection-report';
import type { OfferedRung } from './rung';
import { assertNever, step, type Step } from './step';

/** How a browser reaches a TURN server. */
export type RelayWay = 'udp' | 'tcp' | 'tls';

/** What a line of the check is about. */
export type CheckTarget =
	| { readonly kind: 'server' }
	| { readonly kind: 'direct' }
	| { readonly kind: 'stun' }
	/** `number` counts the servers of one way, from 1; `way` is null until the servers are known, and where there are none. */
	| { readonly kind: 'relay'; readonly way: RelayWay | null; readonly number: number };

/** What was found, or why nothing was. Never an address. */
export type Finding =
	/** The server answered; this is how news reach this page, and why not in a better way. */
	| { readonly is: 'link'; readonly rung: OfferedRung | 'none'; readonly why: string }
	/** Bytes went through, and came back. */
	| { readonly is: 'carried' }
	/** A STUN server told our address as others see it; or that it is the one we have. */
	| { readonly is: 'seen' | 'unchanged' }
	/** The browser gives no address of its own to connect by. */
	| { readonly is: 'no-candidates' }
	/** There are candidates, or a relay, and nothing came through. */
	| { readonly is: 'no-bytes' }
	| { readonly is: 'no-answer' }
	/** An error of RFC 8656 or, 701, of W3C: the server was not reached. */
	| { readonly is: 'refused'; readonly code: number }
	/** The browser makes no such connection at all. */
	| { readonly is: 'impossible' }
	/** What is skipped: nothing to check, or nobody would use it, or it was not to be had, or it was not wanted any more. */
	| { readonly is: 'not-set-up' | 'hidden' | 'turned-off' | 'unknown' | 'stopped' }
	| { readonly is: 'too-often'; readonly retryAfterMs: number };

export type LineState = 'waiting' | 'running' | 'good' | 'warning' | 'failed' | 'skipped';

export type CheckLine = {
	readonly id: string;
	readonly target: CheckTarget;
	readonly state: LineState;
	readonly startedAt: number | null;
	/** From its start to what it found; null where nothing was tried, or nothing came. */
	readonly tookMs: number | null;
	readonly finding: Finding | null;
	/** What was heard while it ran. */
	readonly candidates: readonly CandidateType[];
	readonly codes: readonly number[];
};

export type ConnectionCheck = {
	readonly phase: 'running' | 'done' | 'stopped';
	/** Whether this person wants no path but by a TURN server. */
	readonly hidesAddress: boolean;
	/** Whether there is a TURN server; null while and where that is not known. */
	readonly relays: boolean | null;
	readonly lines: readonly CheckLine[];
};

/** What there is to connect by, or why the server does not say. */
export type CheckOffer =
	| {
			readonly is: 'listed';
			readonly stun: boolean;
			/** The ways of its TURN URLs, in their order: only with `given`. */
			readonly ways: readonly RelayWay[];
			readonly relay: 'given' | 'none' | 'off';
	  }
	/** `retryAfterMs` where it was asked too often. */
	| { readonly is: 'refused'; readonly retryAfterMs: number | null };

/** What somebody heard of the connection that checks one line. `at`: milliseconds of a clock that only goes forward. */
export type ProbeEvent =
	| { readonly type: 'candidate'; readonly candidate: CandidateType }
	| { readonly type: 'ice-error'; readonly code: number }
	/** Whatever there was to gather is gathered. */
	| { readonly type: 'gathered' }
	| { readonly type: 'echoed' }
	| { readonly type: 'broken' };

export type CheckEvent = { readonly at: number } & (
	| {
			readonly type: 'answered';
			readonly rung: OfferedRung | 'none';
			readonly why: string;
			readonly offer: CheckOffer;
	  }
	| { readonly type: 'unanswered' }
	| { readonly type: 'probe'; readonly line: string; readonly heard: ProbeEvent }
	/** A line's time is over. */
	| { readonly type: 'overdue'; readonly line: string }
	| { readonly type: 'stop' }
);

export type CheckEffect =
	/** Ask the server what there is to connect by. */
	| { readonly type: 'ask' }
	| { readonly type: 'stop-asking' }
	| { readonly type: 'open'; readonly line: string; readonly probe: 'direct' | 'stun' }
	/** By the TURN URL of this place in the list alone. */
	| { readonly type: 'open'; readonly line: string; readonly probe: 'relay'; readonly index: number }
	/** Say `overdue` after so long, instead of what was set before. */
	| { readonly type: 'bound'; readonly line: string; readonly ms: number }
	/** Whatever was opened for this line, with its bound. */
	| { readonly type: 'close'; readonly line: string };

type Next = Step<ConnectionCheck, CheckEffect>;

/** In a page two connections take a tenth of a second to a half. */
export const DIRECT_WITHIN_MS = 5_000;
/** A STUN server is asked again and again in it; browsers go on for another five. */
export const STUN_WITHIN_MS = 5_000;
/** A name is looked up, a TCP or TLS connection made, and a relay opened in three round trips. */
export const RELAY_WITHIN_MS = 7_000;
/** From one relay to the other, from the first relay on. */
export const BYTES_WITHIN_MS = 4_000;
/** W3C: the server was not reached. Any other code is an answer. */
export const NOT_REACHED = 701;

function newLine(id: string, target: CheckTarget): CheckLine {
	const nothing = { startedAt: null, tookMs: null, finding: null, candidates: [], codes: [] };
	return { id, target, state: 'waiting', ...nothing };
}

const isOver = ({ state }: CheckLine) => state !== 'waiting' && state !== 'running';

/**
 * A check of what a call needs: the server, a connection at all, a way out by UDP, each TURN URL.
 *
 *     server ─ answered ──► direct, stun and one line for each TURN URL run side by side, each until it
 *        │                  found something or its bound is over ──► done
 *        └──── unanswered ► direct alone; nobody said which servers there are
 *
 * "Gathering complete" ends what found nothing, and is waited for by nobody: behind a dead STUN server it comes late.
 */
export function beginCheck(hidesAddress: boolean, at: number): Next {
	const lines: CheckLine[] = [
		{ ...newLine('server', { kind: 'server' }), state: 'running', startedAt: at },
		newLine('direct', { kind: 'direct' }),
		newLine('stun', { kind: 'stun' }),
		newLine('relay', { kind: 'relay', way: null, number: 1 })
	];
	return step({ phase: 'running', hidesAddress, relays: null, lines }, { type: 'ask' });
}

export function transition(check: ConnectionCheck, event: CheckEvent): Next {
	if (check.phase !== 'running') return step(check); // what was on its way when it ended
	const asking = check.lines.some(({ id, state }) => id === 'server' && state === 'running');
	switch (event.type) {
		case 'answered': {
			if (!asking) return step(check);
			const { rung, why, offer, at } = event;
			// Short polls bring an offer late; with no link at all no call would ring.
			const state = rung === 'short-poll' || rung === 'none' ? 'warning' : 'good';
			return plan(settle(check, 'server', state, { is: 'link', rung, why }, at), offer, at);
		}
		case 'unanswered': {
			if (!asking) return step(check);
			const answered = settle(check, 'server', 'failed', { is: 'no-answer' }, null);
			return plan(answered, { is: 'refused', retryAfterMs: null }, event.at);
		}
		case 'probe': {
			const line = probed(check, event.line);
			return line ? hear(check, line, event.heard, event.at) : step(check);
		}
		case 'overdue': {
			const line = probed(check, event.line);
			return line ? giveUp(check, line) : step(check);
		}
		case 'stop': {
			const effects = check.lines
				.filter(({ state }) => state === 'running')
				.map(({ id }): CheckEffect =>
					id === 'server' ? { type: 'stop-asking' } : { type: 'close', line: id }
				);
			const lines = check.lines.map((line) => (isOver(line) ? line : skipped(line, { is: 'stopped' })));
			return step({ ...check, phase: 'stopped', lines }, ...effects);
		}
		default:
			return assertNever(event);
	}
}

/** A line that runs connections just now. */
function probed(check: ConnectionCheck, id: string): CheckLine | undefined {
	return check.lines.find(
		(line) => line.id === id && line.state === 'running' && line.target.kind !== 'server'
	);
}

/** What is tried, now that it is known what there is. */
function plan(check: ConnectionCheck, offer: CheckOffer, at: number): Next {
	const relays = offer.is === 'listed' ? offer.relay !== 'none' : null;
	// As calls do it (`media/ice-config.ts`): whoever hides where nothing relays is connected as everybody else.
	const relayOnly = check.hidesAddress && relays !== false;
	const effects: CheckEffect[] = [];
	const run = (line: CheckLine, ms: number, open: CheckEffect): CheckLine => {
		effects.push(open, { type: 'bound', line: line.id, ms });
		return { ...line, state: 'running', startedAt: at };
	};
	const unlisted: Finding =
		offer.is === 'refused' && offer.retryAfterMs !== null
			? { is: 'too-often', retryAfterMs: offer.retryAfterMs }
			: { is: 'unknown' };

	const lines = check.lines.flatMap((line): CheckLine[] => {
		const { id, target } = line;
		switch (target.kind) {
			case 'server':
				return [line];
			case 'direct':
				if (relayOnly) return [skipped(line, { is: 'hidden' })];
				return [run(line, DIRECT_WITHIN_MS, { type: 'open', line: id, probe: 'direct' })];
			case 'stun':
				if (relayOnly) return [skipped(line, { is: 'hidden' })];
				if (offer.is === 'refused') return [skipped(line, unlisted)];
				if (!offer.stun) return [skipped(line, { is: 'not-set-up' })];
				return [run(line, STUN_WITHIN_MS, { type: 'open', line: id, probe: 'stun' })];
			case 'relay':
				if (offer.is === 'refused') return [skipped(line, unlisted)];
				if (offer.relay === 'off') return [skipped(line, { is: 'turned-off' })];
				if (offer.ways.length === 0) return [{ ...line, state: 'warning', finding: { is: 'not-set-up' } }];
				return offer.ways.map((way, index) => {
					const number = offer.ways.slice(0, index + 1).filter((one) => one === way).length;
					const relay = newLine(`relay-${index + 1}`, { kind: 'relay', way, number });
					return run(relay, RELAY_WITHIN_MS, { type: 'open', line: relay.id, probe: 'relay', index });
				});
			default:
				return assertNever(target);
		}
	});
	return ended({ ...check, relays, lines }, effects);
}

function hear(check: ConnectionCheck, line: CheckLine, heard: ProbeEvent, at: number): Next {
	const { kind } = line.target;
	switch (heard.type) {
		case 'candidate': {
			if (line.candidates.includes(heard.candidate)) return step(check);
			if (kind === 'stun' && heard.candidate === 'srflx') return end(check, line, 'good', { is: 'seen' }, at);
			const known = { ...line, candidates: [...line.candidates, heard.candidate] };
			const bound = { type: 'bound', line: line.id, ms: BYTES_WITHIN_MS } as const;
			return step(
				replaced(check, known),
				...(kind === 'relay' && heard.candidate === 'relay' ? [bound] : [])
			);
		}
		case 'ice-error':
			if (line.codes.includes(heard.code)) return step(check);
			return step(replaced(check, { ...line, codes: [...line.codes, heard.code] }));
		case 'gathered':
			// No error and nothing new: the address that STUN servers see is the one we have.
			if (kind === 'stun' && line.candidates.length > 0 && line.codes.length === 0)
				return end(check, line, 'good', { is: 'unchanged' }, at);
			// With candidates it may connect yet; with none it never will.
			return kind === 'stun' || line.candidates.length === 0 ? giveUp(check, line) : step(check);
		case 'echoed':
			return end(check, line, 'good', { is: 'carried' }, at);
		case 'broken':
			return end(check, line, 'failed', { is: 'impossible' }, null);
		default:
			return assertNever(heard);
	}
}

/** Nothing better comes: what was heard until now is what was found. */
function giveUp(check: ConnectionCheck, line: CheckLine): Next {
	const { kind } = line.target;
	if (kind === 'relay' && line.candidates.includes('relay'))
		return end(check, line, 'warning', { is: 'no-bytes' }, null);
	if (kind === 'direct' || (kind === 'stun' && line.candidates.length === 0)) {
		const is = line.candidates.length > 0 ? 'no-bytes' : 'no-candidates';
		return end(check, line, 'failed', { is }, null);
	}
	// What a server said goes before that another address of ours did not reach it.
	const code = line.codes.find((one) => one !== NOT_REACHED) ?? line.codes[0];
	return end(check, line, 'failed', code === undefined ? { is: 'no-answer' } : { is: 'refused', code }, null);
}

/** @param at null where nothing came that took its time */
function end(
	check: ConnectionCheck,
	line: CheckLine,
	state: LineState,
	finding: Finding,
	at: number | null
): Next {
	return ended(settle(check, line.id, state, finding, at), [{ type: 'close', line: line.id }]);
}

function settle(
	check: ConnectionCheck,
	id: string,
	state: LineState,
	finding: Finding,
	at: number | null
): ConnectionCheck {
	const line = check.lines.find((one) => one.id === id);
	if (!line) return check;
	const tookMs = at === null || line.startedAt === null ? null : Math.round(at - line.startedAt);
	return replaced(check, { ...line, state, finding, tookMs });
}

const skipped = (line: CheckLine, finding: Finding): CheckLine => ({ ...line, state: 'skipped', finding });

function replaced(check: ConnectionCheck, line: CheckLine): ConnectionCheck {
	return { ...check, lines: check.lines.map((one) => (one.id === line.id ? line : one)) };
}

function ended(check: ConnectionCheck, effects: readonly CheckEffect[]): Next {
	return step(check.lines.every(isOver) ? { ...check, phase: 'done' } : check, ...effects);
}

/** Of a `turn:` or `turns:` URL (RFC 7065). */
export function wayOf(url: string): RelayWay {
	if (url.startsWith('turns:')) return 'tls';
	return url.includes('transport=tcp') ? 'tcp' : 'udp';
}
