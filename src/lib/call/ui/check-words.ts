import { assertNever } from '../core/step';
import type { CheckLine, CheckTarget, ConnectionCheck, Finding, LineState } from '../core/connection-check';
import { NOT_REACHED } from '../core/connection-check';
import { verdictOf, type Verdict } from '../core/check-verdict';
import { rungWords } from './words';

const WAYS = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };

/** What a line is about: "TURN by TCP". */
export function targetWords(target: CheckTarget): string {
	switch (target.kind) {
		case 'server':
			return 'Link to the server';
		case 'direct':
			return 'Connections in this browser';
		case 'stun':
			return 'Way out by UDP (STUN)';
		case 'relay': {
			if (target.way === null) return 'TURN server';
			const by = `TURN by ${WAYS[target.way]}`;
			return target.number === 1 ? by : `${by}, number ${target.number}`;
		}
		default:
			return assertNever(target);
	}
}

const STATES: Record<LineState, string> = {
	waiting: 'Waiting',
	running: 'Checking…',
	good: 'Good',
	warning: 'Warning',
	failed: 'Failed',
	skipped: 'Not checked'
};

/** "Good, 85 ms". */
export function stateWords({ state, tookMs }: CheckLine): string {
	return tookMs === null ? STATES[state] : `${STATES[state]}, ${tookMs} ms`;
}

const OPERATOR = 'whoever runs this Parley';

/** What was found, and the way out where it is not good. */
export function findingWords({ target, finding }: CheckLine): string {
	if (!finding) return '';
	switch (finding.is) {
		case 'link':
			return linkWords(finding);
		case 'carried':
			return target.kind === 'relay'
				? 'It gave relays, and bytes went through them.'
				: 'Two connections in this page reached each other, and bytes went through.';
		case 'seen':
			return 'Packets leave this network and come back.';
		case 'unchanged':
			return 'Packets leave this network: others see the address that this device has.';
		case 'no-candidates':
			return 'The browser names no address to connect by. Is there a network? Then look for a setting or an extension that guards WebRTC against leaks, and allow it here.';
		case 'no-bytes':
			return target.kind === 'relay'
				? `It gave a relay, but one relay did not reach another. Calls through it fail where both people need it. Tell ${OPERATOR}: the TURN server must reach itself at its own public address.`
				: 'Two connections in this page did not reach each other. A firewall or a VPN on this device may be in the way: allow this browser there, or try without it.';
		case 'no-answer':
			return silenceWords(target);
		case 'refused':
			return refusalWords(target, finding.code);
		case 'impossible':
			return 'The browser makes no such connection. Update it, or use another one, and look for a setting or an extension that turns WebRTC off.';
		case 'not-set-up':
			return target.kind === 'relay'
				? `${capital(OPERATOR)} has set up none: calls go directly from browser to browser or not at all, and between strict networks, as offices and phones have them, they do not connect.`
				: `${capital(OPERATOR)} has set up no STUN server.`;
		case 'hidden':
			return 'Not used: you hide your network address, so calls go through TURN alone.';
		case 'turned-off':
			return `${capital(OPERATOR)} lets the TURN server be used in calls alone, so it cannot be checked.`;
		case 'too-often':
			return `You have checked a few times in a row. This can be checked again in ${Math.ceil(finding.retryAfterMs / 1000)} s.`;
		case 'unknown':
			return 'The server did not say which one there is. Check again.';
		case 'stopped':
			return '';
		default:
			return assertNever(finding);
	}
}

function linkWords({ rung, why }: Extract<Finding, { is: 'link' }>): string {
	switch (rung) {
		case 'none':
			return `The server answers, but no news come from it yet. ${why || 'Wait a moment, then check again.'}`;
		case 'short-poll':
			return `${rungWords(rung)}: calls ring and connect up to two seconds later. ${why || 'Ask whoever runs this network to let WebSockets through.'}`;
		case 'websocket':
		case 'sse':
		case 'long-poll':
			return why ? `${rungWords(rung)}. ${why}` : `${rungWords(rung)}.`;
		default:
			return assertNever(rung);
	}
}

/** Somebody was asked, and said nothing. */
function silenceWords(target: CheckTarget): string {
	if (target.kind === 'server')
		return 'The server does not answer: no call can begin. Check whether this device is online, then check again.';
	if (target.kind === 'stun')
		return 'No answer came. Either the STUN server is down, or this network lets no UDP out: then allow UDP in its firewall, use another network, or count on TURN by TCP or TLS.';
	const way = target.kind === 'relay' ? target.way : null;
	switch (way) {
		case 'udp':
			return `No answer came by UDP. The network may hold it back: then TURN by TCP or TLS helps. If those fail too, use another network, or tell ${OPERATOR} that the TURN server may be down.`;
		case 'tcp':
			return `It could not be reached by TCP. The network may hold its port back: use another network, or tell ${OPERATOR} that the TURN server may be down.`;
		case 'tls':
			return `It could not be reached by TLS, or the browser does not trust its certificate. Use another network, or tell ${OPERATOR}.`;
		default:
			return `It could not be reached. Use another network, or tell ${OPERATOR}.`;
	}
}

function refusalWords(target: CheckTarget, code: number): string {
	const tell = `tell ${OPERATOR}`;
	switch (code) {
		case NOT_REACHED:
			return silenceWords(target);
		case 401:
		case 441:
			return `It refuses the credentials that this Parley gives (${code}). You can do nothing about it: ${tell} that TURN_SECRET is another one than the TURN server's, or that its clock is wrong.`;
		case 403:
			return `It forbids a relay (403): ${tell}.`;
		case 437:
			return 'It took this for a connection that was there before (437). Check again.';
		case 438:
			return 'Its credentials ran out meanwhile (438). Check again.';
		case 486:
			return `It has given you all the relays that one person may have (486). Check again in ten minutes, or ${tell} that its quota is small.`;
		case 508:
			return `It has no relay left (508). Check again later, or ${tell}.`;
		default:
			return `It answered with the error ${code}: ${tell}.`;
	}
}

const VERDICTS: Record<Verdict, string> = {
	stopped: 'The check was stopped.',
	'no-server': 'No call can begin: the server cannot be reached.',
	'no-way': 'Calls will not connect from here.',
	'all-ways': 'Calls connect from here, also to people in strict networks.',
	detour:
		'Calls connect from here, through the TURN server alone: sound and picture may come later and less sharp.',
	'half-relayed':
		'Calls connect from here directly. The TURN server helps only where the other side does not need it too.',
	'direct-only': 'Calls connect from here, except between strict networks: there is no TURN server.',
	'near-only': 'Calls connect with people in the same network. With others they may not.',
	'relay-failed': 'Calls connect directly where both networks allow it. Through the TURN server they do not.',
	'relay-unknown': 'Calls connect directly where both networks allow it. The TURN server was not checked.',
	hidden: 'Calls connect from here through the TURN server, and your network address stays hidden.',
	'hidden-half':
		'Calls connect from here while your address is hidden, but not with others who need the TURN server too.',
	'hidden-failed':
		'Calls will not connect from here while you hide your network address: that takes the TURN server. The choice is in the settings.',
	'hidden-unknown':
		'You hide your network address, so calls go through the TURN server alone. That was not checked.'
};

/** All of it in a sentence or two; '' while it is not over. */
export function verdictWords(check: ConnectionCheck): string {
	const verdict = verdictOf(check);
	if (!verdict) return '';
	const inVain = check.hidesAddress && check.relays === false;
	return inVain ? `${VERDICTS[verdict]} So your address cannot be hidden here.` : VERDICTS[verdict];
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * A check as text, to be pasted where help is asked for. Addresses were never in it, nor servers' names: TURN servers are
 * told by their way and number.
 *
 * @param at Unix milliseconds
 */
export function checkReport(check: ConnectionCheck, at: number): string {
	return [
		'Parley connection check',
		`At: ${new Date(at).toISOString()}`,
		`Network address hidden: ${check.hidesAddress ? 'yes' : 'no'}`,
		`Result: ${verdictWords(check)}`,
		'',
		...check.lines.flatMap((line) => {
			const told = [...new Set(line.candidates)].join(', ');
			return [
				`${targetWords(line.target)}: ${stateWords(line)}`,
				...(findingWords(line) ? [`  ${findingWords(line)}`] : []),
				...(told ? [`  Candidates: ${told}`] : []),
				...(line.codes.length > 0 ? [`  Errors: ${line.codes.join(', ')}`] : [])
			];
		})
	].join('\n');
}
