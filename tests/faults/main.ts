import { readOptions, UsageError, type Options } from './options';
import { describe, explain } from './report';
import { runFaults } from './run';
import { writeResult } from './written-result';

/** @returns the exit code */
export async function main(args: string[]): Promise<number> {
	let options: Options;
	try {
		options = readOptions(args);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		console.error(error.message);
		return 2;
	}
	const stop = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
		process.on(signal, () => stop.abort(signal === 'SIGINT' ? 130 : 143));
	}
	const { seeds, faultsPerRound, servers, bus, json, write } = options;
	const say = json ? console.error : console.log;
	say(`seeds ${seeds.join(', ')}: ${faultsPerRound} faults each, ${servers} servers, bus ${bus}`);
	const result = await runFaults(options, say, stop.signal);
	if (stop.signal.aborted) return Number(stop.signal.reason);
	if (result.failed) say(explain(result.failed, options));
	console.log(
		json ? JSON.stringify({ ...result, failed: result.failed !== null }) : describe(result, options)
	);
	if (write && !result.failed) writeResult(describe(result, options), new Date());
	return result.failed ? 1 : 0;
}
