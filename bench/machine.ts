import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import type postgres from 'postgres';

/** What a number means nothing without. */
export type Facts = Record<string, string>;

const PACKAGES = ['ws', 'socket.io', 'peer', 'peerjs', '@trpc/server', 'drizzle-orm', 'postgres'];

/** A package's version, also of one that does not export its package.json. */
function versionOf(name: string): string {
	const [folder] = createRequire(import.meta.url).resolve.paths(name) ?? [];
	for (const place of createRequire(import.meta.url).resolve.paths(name) ?? [folder ?? '']) {
		try {
			return (JSON.parse(readFileSync(`${place}/${name}/package.json`, 'utf8')) as { version: string })
				.version;
		} catch {
			continue; // not in this folder
		}
	}
	return '?';
}

export async function readFacts(sql: postgres.Sql): Promise<Facts> {
	const [database] = await sql<{ version: string; fsync: string; commit: string; pages: string }[]>`
		select current_setting('server_version') as version, current_setting('fsync') as fsync,
			current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages
	`;
	const cpus = os.cpus();
	return {
		date: new Date().toISOString().slice(0, 16) + 'Z',
		machine: `${cpus.length} x ${cpus[0]?.model.trim() ?? '?'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
		node: process.versions.node,
		packages: PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', '),
		postgres: `${database?.version} (fsync ${database?.fsync}, synchronous_commit ${database?.commit}, full_page_writes ${database?.pages})`,
		'load average before': os
			.loadavg()
			.map((load) => load.toFixed(2))
			.join(' ')
	};
}
