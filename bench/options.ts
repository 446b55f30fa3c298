import path from 'node:path';
import { parseArgs } from 'node:util';

/** Without one asked for, the first three run: `connect` needs a browser, `recovery` root as well, and `profile` is no benchmark. */
export type BenchName = 'relay' | 'calls' | 'ring' | 'connect' | 'recovery' | 'profile';

export type Options = {
	benches: BenchName[];
	/** A few seconds, to see that it works. Its numbers mean nothing. */
	quick: boolean;
	json: boolean;
	/** Another checkout with a build, measured beside this one. */
	against: string | null;
};

const BENCHES: BenchName[] = ['relay', 'calls', 'ring', 'connect', 'recovery', 'profile'];
const USAGE = `Benchmarks: ${BENCHES.join(' ')}. Flags: --quick --json --against CHECKOUT`;

export class UsageError extends Error {}

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options {
	const { values, positionals } = parse(args);
	const unknown = positionals.find((name) => !BENCHES.includes(name as BenchName));
	if (unknown !== undefined) throw new UsageError(`There is no benchmark "${unknown}". ${USAGE}`);
	const asked = BENCHES.filter((name) => positionals.includes(name));
	return {
		benches: asked.length > 0 ? asked : ['relay', 'calls', 'ring'],
		quick: values.quick ?? false,
		json: values.json ?? false,
		against: values.against === undefined ? null : path.resolve(values.against)
	};
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				quick: { type: 'boolean' },
				json: { type: 'boolean' },
				against: { type: 'string' }
			}
		});
	} catch (error) {
		throw new UsageError(`${error instanceof Error ? error.message : String(error)} ${USAGE}`);
	}
}
