import { expect, test } from 'vitest';
import {
	isPolite,
	negotiate,
	startNegotiation,
	type Negotiation,
	type NegotiationEffect,
	type NegotiationEvent,
	type NegotiationPhase
} from './negotiation';
import { MAX_CANDIDATES_PER_SIGNAL, type Candidate, type Description } from './signal-body';

const offer: Description = { type: 'offer', sdp: 'a=ice-ufrag:ours\r\n' };
const theirOffer: Description = { type: 'offer', sdp: 'a=ice-ufrag:theirs\r\n' };
const answer: Description = { type: 'answer', sdp: 'a=ice-ufrag:theirs\r\n' };

function candidate(usernameFragment: string | null, n = 1): Candidate {
	return { candidate: `candidate:${n}`, sdpMid: '0', sdpMLineIndex: 0, usernameFragment };
}

const events = {
	needed: { type: 'negotiation-needed' },
	restart: { type: 'restart-ice' },
	offer: { type: 'description-received', description: theirOffer },
	answer: { type: 'description-received', description: answer },
	candidates: { type: 'candidates-received', candidates: [candidate('theirs')] },
	localSet: { type: 'local-set', description: offer },
	remoteSet: { type: 'remote-set' },
	failed: { type: 'operation-failed', why: 'bad SDP' },
	candidateFailed: { type: 'candidate-failed', why: 'unknown ufrag' },
	gathered: { type: 'candidate-gathered', candidate: candidate('ours') },
	complete: { type: 'gathering-complete' },
	due: { type: 'batch-due' },
	closed: { type: 'closed' }
} satisfies Record<string, NegotiationEvent>;

/** A machine that made its first exchange already, unless told otherwise. */
function at(phase: NegotiationPhase, over: Partial<Negotiation> = {}): Negotiation {
	const start = startNegotiation({ polite: false, offersFirst: true });
	return { ...start, remoteStands: true, sent: offer, phase, ...over };
}

const polite = { polite: true };
const fresh = { remoteStands: false, sent: null };
const waits = { ...fresh, mayOffer: false };

type Arrow = [
	title: string,
	from: Negotiation,
	event: NegotiationEvent,
	to: NegotiationPhase,
	effects: NegotiationEffect['type'][]
];
test.each<Arrow>([
	[
		'stable -> negotiation-needed -> making-offer',
		at('stable'),
		events.needed,
		'making-offer',
		['make-offer']
	],
	[
		'(ignored) negotiation-needed before the first offer came',
		at('stable', waits),
		events.needed,
		'stable',
		[]
	],
	['(ignored) offered -> negotiation-needed', at('offered'), events.needed, 'offered', []],
	[
		'making-offer -> local-set -> offered',
		at('making-offer'),
		events.localSet,
		'offered',
		['send-description']
	],
	['offered -> answer -> applying-answer', at('offered'), events.answer, 'applying-answer', ['set-remote']],
	['applying-answer -> remote-set -> stable', at('applying-answer'), events.remoteSet, 'stable', []],
	['stable -> offer -> applying-offer', at('stable', waits), events.offer, 'applying-offer', ['set-remote']],
	[
		'applying-offer -> remote-set -> making-answer',
		at('applying-offer'),
		events.remoteSet,
		'making-answer',
		['make-answer']
	],
	[
		'making-answer -> local-set -> stable',
		at('making-answer'),
		events.localSet,
		'stable',
		['send-description']
	],
	['(glare) impolite: offered -> offer -> offered', at('offered'), events.offer, 'offered', []],
	[
		'(glare) polite: offered -> offer -> applying-offer',
		at('offered', polite),
		events.offer,
		'applying-offer',
		['set-remote']
	],
	[
		'(held) making-offer -> offer -> making-offer',
		at('making-offer', polite),
		events.offer,
		'making-offer',
		[]
	],
	['(late) stable -> answer -> stable', at('stable'), events.answer, 'stable', ['report']],
	['stable -> restart-ice -> stable', at('stable'), events.restart, 'stable', ['restart-ice']],
	['(ignored) restart-ice before the first offer came', at('stable', waits), events.restart, 'stable', []],
	[
		'applying-answer -> operation-failed -> failed',
		at('applying-answer'),
		events.failed,
		'failed',
		['give-up']
	],
	['(ignored) failed -> offer -> failed', at('failed'), events.offer, 'failed', []],
	['failed -> closed', at('failed'), events.closed, 'closed', []],
	['offered -> closed', at('offered'), events.closed, 'closed', []],
	['(ignored) closed -> local-set -> closed', at('closed'), events.localSet, 'closed', []],
	['(unexpected) stable -> local-set -> stable', at('stable'), events.localSet, 'stable', ['report']],
	['(unexpected) stable -> remote-set -> stable', at('stable'), events.remoteSet, 'stable', ['report']],
	['stable -> candidates -> added', at('stable'), events.candidates, 'stable', ['add-candidates']],
	['(held) candidates before a remote description', at('offered', fresh), events.candidates, 'offered', []],
	['(held) applying-offer -> candidates', at('applying-offer'), events.candidates, 'applying-offer', []],
	['a refused candidate is reported', at('stable'), events.candidateFailed, 'stable', ['report']],
	[
		'a refused candidate of an ignored offer is not',
		at('offered', { ignoringOffer: true }),
		events.candidateFailed,
		'offered',
		[]
	],
	['a gathered candidate schedules a batch', at('stable'), events.gathered, 'stable', ['schedule-batch']],
	['(batched) a second one joins it', at('stable', { batchScheduled: true }), events.gathered, 'stable', []],
	[
		'(held) a candidate before its description',
		at('making-offer', fresh),
		events.gathered,
		'making-offer',
		[]
	],
	[
		'gathering-complete schedules end-of-candidates',
		at('stable'),
		events.complete,
		'stable',
		['schedule-batch']
	]
])('%s', (_title, from, event, to, effects) => {
	const next = negotiate(from, event);
	expect(next.state.phase).toBe(to);
	expect(next.effects.map((effect) => effect.type)).toEqual(effects);
});

/** Feeds events one after the other. @returns where it ended, and every effect on the way */
function run(from: Negotiation, ...list: NegotiationEvent[]) {
	const effects: NegotiationEffect[] = [];
	let state = from;
	for (const event of list) {
		const next = negotiate(state, event);
		state = next.state;
		effects.push(...next.effects);
	}
	return { state, effects };
}

test('only one of two ids is polite, and both sides agree which', () => {
	expect(isPolite('a', 'b')).toBe(true);
	expect(isPolite('b', 'a')).toBe(false);
});

test('giving way says that it rolls back; applying an offer in stable does not', () => {
	expect(negotiate(at('offered', polite), events.offer).effects).toMatchObject([{ rollback: true }]);
	expect(negotiate(at('stable', polite), events.offer).effects).toMatchObject([{ rollback: false }]);
});

test('early candidates are added as soon as a remote description stands, before the answer is made', () => {
	const { effects } = run(at('stable', waits), events.candidates, events.offer, events.remoteSet);
	expect(effects.map((effect) => effect.type)).toEqual(['set-remote', 'add-candidates', 'make-answer']);
});

test('candidates of an ignored first offer are not held for the answer', () => {
	const { state } = run(at('offered', fresh), events.offer, events.candidates);
	expect(state).toMatchObject({ ignoringOffer: true, early: [] });
	expect(negotiate(state, events.answer).state.ignoringOffer).toBe(false);
});

test('what came during an operation is taken afterwards, in order', () => {
	const from = at('making-offer', polite);
	const { state, effects } = run(from, events.candidates, events.offer, events.candidates, events.localSet);
	expect(effects.map((effect) => effect.type)).toEqual(['send-description', 'add-candidates', 'set-remote']);
	expect(state.phase).toBe('applying-offer');
	expect(state.inbox).toMatchObject([{ candidates: events.candidates.candidates }]);
});

test('candidates wait for their description, then go behind it in one batch with their end', () => {
	const from = at('making-offer', fresh);
	const { effects } = run(
		from,
		events.gathered,
		events.localSet,
		events.gathered,
		events.complete,
		events.due
	);
	expect(effects).toEqual([
		{ type: 'send-description', description: offer },
		{ type: 'schedule-batch' },
		{ type: 'send-candidates', candidates: [candidate('ours'), candidate('ours'), null] }
	]);
});

test('a batch that comes due while an offer is made is sent behind that offer', () => {
	const { effects } = run(
		at('stable'),
		events.gathered,
		events.needed,
		events.due,
		events.localSet,
		events.due
	);
	expect(effects.map((effect) => effect.type)).toEqual([
		'schedule-batch',
		'make-offer',
		'send-description',
		'schedule-batch',
		'send-candidates'
	]);
});

test('many candidates go in several signals', () => {
	const outbox = Array.from({ length: MAX_CANDIDATES_PER_SIGNAL + 1 }, (_, n) => candidate('ours', n));
	const { effects } = negotiate(at('stable', { outbox }), events.due);
	expect(effects.map((effect) => effect.type === 'send-candidates' && effect.candidates.length)).toEqual([
		MAX_CANDIDATES_PER_SIGNAL,
		1
	]);
});

test('candidates of an offer that was given up are not sent behind the answer, nor is their end', () => {
	const given: NegotiationEvent = { type: 'candidate-gathered', candidate: candidate('given-up') };
	const { effects } = run(
		at('offered', { ...polite, sent: { type: 'offer', sdp: 'a=ice-ufrag:given-up' } }),
		given,
		events.complete,
		events.offer,
		events.remoteSet,
		events.localSet,
		events.gathered,
		events.due
	);
	expect(effects.at(-1)).toEqual({ type: 'send-candidates', candidates: [candidate('ours')] });
});

test('an empty batch sends nothing', () => {
	expect(negotiate(at('stable'), events.due).effects).toEqual([]);
});
