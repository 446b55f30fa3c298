import { existsSync } from 'node:fs';
import { benchCalls, describeCalls } from './calls';
import { benchConnect, describeConnect } from './connect';
import { startBenchDatabase } from './database';
import { readFacts } from './machine';
import { readOptions, UsageError, type Options } from './options';
import { describeProfile, profileRelays } from './profile-relays';
import { benchRecovery, describeRecovery } from './recovery';
import { benchRelay, describeRelay } from './relay';
import { benchRing, describeRing } from './ring';
import { formatTable } from './stats';

async function run(options: Options): Promise<void> {
	if (!existsSync('/proc/self/stat'))
		throw new UsageError('The benchmarks need Linux: they read CPU from /proc.');
	const say = (line: string) => console.error(line);
	const database = await startBenchDatabase();
	try {
		const facts = await readFacts(database.sql);
		const relay = options.benches.includes('relay') ? await benchRelay(database, options, say) : null;
		const calls = options.benches.includes('calls') ? await benchCalls(database, options, say) : null;
		const ring = options.benches.includes('ring') ? await benchRing(database, options, say) : null;
		const connect = options.benches.includes('connect') ? await benchConnect(database, options, say) : null;
		const recovery = options.benches.includes('recovery')
			? await benchRecovery(database, options, say)
			: null;
		const profile = options.benches.includes('profile') ? await profileRelays(database, options, say) : null;
		if (options.json)
			console.log(
				JSON.stringify(
					{ facts, quick: options.quick, relay, calls, ring, connect, recovery, profile },
					null,
					'\t'
				)
			);
		else {
			if (options.quick) console.log('QUICK: shows that it works; the numbers mean nothing.\n');
			console.log(formatTable(Object.entries(facts)));
			for (const text of [
				relay && describeRelay(relay),
				calls && describeCalls(calls),
				ring && describeRing(ring),
				connect && describeConnect(connect),
				recovery && describeRecovery(recovery),
				profile && describeProfile(profile)
			])
				if (text) console.log(`\n${text}`);
		}
	} finally {
		await database.stop();
	}
}

try {
	await run(readOptions(process.argv.slice(2)));
} catch (error) {
	if (!(error instanceof UsageError)) throw error;
	console.error(error.message);
	process.exitCode = 2;
}
