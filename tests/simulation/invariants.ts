import { presentDevices, type CallState } from '../../src/lib/call/core/call-state';
import { outcomeFor, type HistoryOutcome } from '../../src/lib/call/core/outcome';

/** What must never be. */
export class Violation extends Error {
	override readonly name = 'Violation';
}

function must(holds: boolean, what: string, ...facts: unknown[]): void {
	if (!holds) throw new Violation(`${what}: ${facts.map((fact) => JSON.stringify(fact)).join(' ')}`);
}

/**
 * Asked of each call that is written, before it is. `live` are the room's live calls until now, `busy` who is not to be
 * disturbed.
 */
export function checkSaved(
	before: CallState | null,
	after: CallState,
	live: readonly CallState[],
	now: number,
	busy: ReadonlySet<string>
): void {
	must(
		after.phase === 'ended' || live.every(({ id }) => id === after.id),
		'two live calls in one room',
		live,
		after
	);
	must(after.version === (before?.version ?? 0) + 1, 'a version that does not follow', before, after);
	const begins =
		before === null && after.participants.some((one) => one.invite === 'ringing' && busy.has(one.userId));
	must(!begins, 'a ring for somebody who is not to be disturbed', after);
	must(before?.phase !== 'ended', 'an ended call moved', before, after);
	must(after.phase !== 'ringing' || before?.phase !== 'active', 'an active call rings again', before, after);
	for (const one of after.participants) {
		const was = before?.participants.find(({ userId }) => userId === one.userId);
		if (!was) continue;
		const ranOut = one.invite !== 'missed' || was.invite !== 'ringing' || (was.ringUntil ?? now) <= now;
		must(ranOut || before?.phase !== 'ringing', 'missed before its time', now, before, after);
		const rises = one.invite === was.invite || one.invite === 'accepted' || was.invite === 'ringing';
		must(rises, 'a settled invite changed', before, after);
	}
	const rings = after.participants.flatMap(({ ringUntil }) => ringUntil ?? []);
	must(
		rings.every((until) => until > now),
		'a ring past its deadline',
		now,
		after
	);
	must(
		(before?.participants ?? []).every((was) => after.participants.some((one) => one.userId === was.userId)),
		'a participant is gone',
		before,
		after
	);
	checkCall(after);
}

/** Asked of a call at any moment. */
export function checkCall(call: CallState): void {
	const { phase, participants } = call;
	for (const { invite, ringUntil } of participants) {
		must(
			(invite === 'ringing') === (ringUntil !== null),
			'a ring without its deadline, or the reverse',
			call
		);
		must(invite !== 'ringing' || phase !== 'ended', 'somebody rings for a call that is over', call);
	}
	const up = call.devices.filter(({ handRaisedAt }) => handRaisedAt !== null);
	must(
		up.every(({ presence }) => presence !== 'left'),
		'the hand of somebody who left is up',
		call
	);
	must(new Set(up.map((one) => one.handRaisedAt)).size === up.length, 'two hands in one place', call);
	const people = presentDevices(call).map(({ userId }) => userId);
	const gone = participants.filter(({ removedAt }) => removedAt !== null).map(({ userId }) => userId);
	must(!people.some((userId) => gone.includes(userId)), 'somebody who was removed is in the call', call);
	must(new Set(people).size === people.length, 'one person twice in a call', call);
	must(phase !== 'ended' || people.length === 0, 'somebody is in a call that is over', call);
	must(phase === 'ended' || people.length > 0, 'a live call with nobody in it', call);
	must(!call.direct || participants.length === 2, 'a direct call of more', call);
	must(phase !== 'active' || !call.direct || people.length === 2, 'a direct call of one', call);
	must(phase !== 'active' || people.includes(call.hostId), 'a call whose host is not in it', call);
	if (phase === 'ended') checkEnded(call);
}

/** Both sides read the same story. */
function checkEnded(call: CallState): void {
	must(call.endReason !== null && call.endedAt !== null, 'an end without a reason', call);
	const outcomes = call.participants.map((one): [string, HistoryOutcome] => [
		one.role,
		outcomeFor(one.role, one.invite, call.endReason)
	]);
	const caller = outcomes.filter(([role]) => role === 'caller').map(([, outcome]) => outcome);
	const callees = outcomes.filter(([role]) => role === 'callee').map(([, outcome]) => outcome);
	must(caller.length === 1, 'not one caller', call);
	const answered = callees.includes('answered');
	must((caller[0] === 'answered') === answered, 'one side answered, the other did not', outcomes, call);
	must(caller[0] !== 'failed' || callees.includes('failed'), 'failed for the caller alone', outcomes, call);
	must(caller[0] !== 'declined' || callees.includes('declined'), 'declined by nobody', outcomes, call);
	must(caller[0] !== 'missed' || !callees.includes('declined'), 'missed, and declined', outcomes, call);
	must(
		caller[0] !== 'busy' || call.participants.every((one) => one.role === 'caller' || one.invite === 'busy'),
		'busy, and somebody was not',
		outcomes,
		call
	);
}

export { must };
