import type { RaisedHand } from '../session/view';

/** "hand raised, 1st": the place of a hand among those that are up. */
export function handWords(place: number): string {
	return `hand raised, ${ordinal(place)}`;
}

const ENDINGS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });

function ordinal(n: number): string {
	return `${n}${ENDINGS[ordinals.select(n)] ?? 'th'}`;
}

/** "Hands raised: Bob, you", in their order. */
export function handsWords(hands: readonly RaisedHand[], userId: string): string {
	const names = hands.map((hand) => (hand.userId === userId ? 'you' : hand.displayName));
	return `${names.length === 1 ? 'Hand' : 'Hands'} raised: ${names.join(', ')}`;
}

/**
 * What to say of the step from one to the next: "Bob raised their hand." Empty when nobody moved theirs. One that is down
 * may have been lowered by the host, or have gone with its person.
 */
export function handNews(before: readonly RaisedHand[], now: readonly RaisedHand[], userId: string): string {
	const missingFrom = (hands: readonly RaisedHand[]) => (one: RaisedHand) =>
		hands.every((other) => other.userId !== one.userId);
	const raised = now
		.filter(missingFrom(before))
		.map((one) =>
			one.userId === userId ? 'You raised your hand.' : `${one.displayName} raised their hand.`
		);
	const lowered = before
		.filter(missingFrom(now))
		.map((one) => (one.userId === userId ? 'Your hand is down.' : `${one.displayName}'s hand is down.`));
	return [...raised, ...lowered].join(' ');
}
