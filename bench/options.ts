/** `profile` is no benchmark, and runs only when it is asked for. */
export type BenchName = 'relay' | 'calls' | 'profile';

export type Options = {
	benches: BenchName[];
	/** A few seconds, to see that it works. Its numbers mean nothing. */
	quick: boolean;
	json: boolean;
};

const BENCHES: BenchName[] = ['relay', 'calls', 'profile'];
const FLAGS = ['--quick', '--json'];

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
		benches: asked.length > 0 ? asked : ['relay', 'calls'],
		quick: args.includes('--quick'),
		json: args.includes('--json')
	};
}
