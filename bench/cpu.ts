import type { BenchDatabase } from './database';
import { familyCpu, type Program } from './programs';

/** CPU that something took, in microseconds. null: there is no server of that kind. */
export type CpuUse = { server: number | null; load: number; database: number };

/** Runs something, and tells what CPU each process took meanwhile. */
export async function withCpu<Result>(
	{ server, load, database }: { server: Program | null; load: Program; database: BenchDatabase },
	run: () => Promise<Result>
): Promise<{ result: Result; cpu: CpuUse }> {
	const read = async () => ({
		server: server ? await server.ask('cpu') : null,
		load: await load.ask('cpu'),
		database: familyCpu(database.pid)
	});
	const before = await read();
	const result = await run();
	const after = await read();
	return {
		result,
		cpu: {
			server: after.server === null || before.server === null ? null : after.server - before.server,
			load: after.load - before.load,
			database: after.database - before.database
		}
	};
}
