export type BenchName = 'relay' | 'calls';

export type Options = {
	benches: BenchName[];
	/** A few seconds, to see that it works. Its numbers mean nothing. */
	quick: boolean;
	json: boolean;
	/** Where the product's CPU goes, function by function, after the relay benchmark. */
	profile: boolean;
};

const BENCHES: BenchName[] = ['relay', 'calls'];
const FLAGS = ['--quick', '--json', '--profile'];

export class UsageError extends Error {}

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options {
	const unknown = args.find((arg) => !FLAGS.includes(arg) && !BENCHES.includes(arg as BenchName));
	if (unknown !== undefined) {
		throw new UsageError(
			`No such benchmark or flag: ${unknown}. Benchmarks: ${BENCHES.join(' ')}. Flags: ${FLAGS.join(' ')}`
		);
	}
	const asked = BENCHES.filter((name) => args.includes(name));
	return {
		benches: asked.length > 0 ? asked : BENCHES,
		quick: args.includes('--quick'),
		json: args.includes('--json'),
		profile: args.includes('--profile')
	};
}
