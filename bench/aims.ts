import { formatNumber, formatTable } from './stats';

/** `reached` is a median of what each round reached by itself. */
export type Aim = { what: string; aim: number; reached: number; isMet: boolean };

export const atMost = (what: string, aim: number, reached: number): Aim => ({
	what: `${what}, at most`,
	aim,
	reached,
	isMet: reached <= aim
});

export function describeAims(aims: readonly Aim[]): string {
	return formatTable([
		['aim', 'aim', 'reached', ''],
		...aims.map((aim) => [
			aim.what,
			formatNumber(aim.aim),
			formatNumber(aim.reached),
			aim.isMet ? 'met' : 'missed'
		])
	]);
}
