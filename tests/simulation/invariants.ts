import { presentDevices, type CallState } from '../../src/lib/call/core/call-state';
import { outcomeFor, type HistoryOutcome } from '../../src/lib/call/core/outcome';

/** What must never be. */
export class Violation extends Error {
	override readonly name = 'Violation';
}

function must(holds: boolean, what: string, ...facts: unknown[]): void {
	if (!holds) throw new Violation(`${what}: ${facts.map((fact) => JSON.stringify(fact)).join(' ')}`);
}

/** Asked of each call that is written, before it is. `live` are the room's live calls until now. */
export function checkSaved(
	before: CallState | null,
	after: CallState,
	live: readonly CallState[],
	now: number
): void {
	must(
		after.phase === 'ended' || live.every(({ id }) => id === after.id),
		'two live calls in one room',
		live,
		after
	);
	must(after.version === (before?.version ?? 0) + 1, 'a version that does not follow', before, after);
	must(before?.phase !== 'ended', 'an ended call moved', before, after);
	must(after.phase !== 'ringing' || before?.phase !== 'active', 'an active call rings again', before, after);
	for (const one of after.participants) {
		const was = before?.participants.find(({ userId }) => userId === one.userId)?.invite ?? 'ringing';
		const until = before?.participants.find(({ userId }) => userId === one.userId)?.ringUntil ?? now;
		const ranOut = one.invite !== 'missed' || was !== 'ringing' || until <= now;
		must(ranOut || before?.phase !== 'ringing', 'missed before its time', now, before, after);
		const rises = one.invite === was || one.invite === 'accepted' || was === 'ringing';
		must(rises, 'a settled invite changed', before, after);
		const rings = one.invite === 'ringing';
		must(rings === (one.ringUntil !== null), 'a ring without its deadline, or the other way round', after);
		must(!rings || one.ringUntil! > now, 'a ring past its deadline', now, after);
		must(!rings || after.phase !== 'ended', 'somebody rings for a call that is over', after);
	}
	must(
		(before?.participants ?? []).every((was) => after.participants.some((one) => one.userId === was.userId)),
		'a participant is gone',
		before,
		after
	);
	const people = presentDevices(after).map(({ userId }) => userId);
	must(new Set(people).size === people.length, 'one person twice in a call', after);
	must(after.phase !== 'ended' || people.length === 0, 'somebody is in a call that is over', after);
	must(after.phase === 'ended' || people.length > 0, 'a live call with nobody in it', after);
	must(!after.direct || after.participants.length === 2, 'a direct call of more', after);
	must(after.phase !== 'active' || !after.direct || people.length === 2, 'a direct call of one', after);
	must(
		after.phase !== 'active' || people.includes(after.hostId),
		'a call whose host is not in it',
		before,
		after
	);
	if (after.phase === 'ended') checkEnded(after);
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
