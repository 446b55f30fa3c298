import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

function ask(command: string, args: string[]): string | null {
	try {
		return (
			execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null
		);
	} catch {
		return null;
	}
}

/**
 * What tells this process from a later one with the same number. Small containers give the same numbers
 * to other programs after each restart, so a number alone proves nothing.
 *
 * @returns null when no such process runs
 */
export function processIdentity(pid: number): string | null {
	if (process.platform !== 'linux') return ask('ps', ['-o', 'lstart=', '-p', String(pid)]);
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The name in parentheses may hold spaces; after it come the state and, 20th, the start in ticks since boot.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		if (fields[0] === 'Z' || fields[0] === 'X') return null;
		return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
	} catch {
		return null;
	}
}

/** The words a process was started with, or null when it does not run. */
export function processCommand(pid: number): string | null {
	if (process.platform !== 'linux') return ask('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
	if (processIdentity(pid) === null) return null;
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
	} catch {
		return null;
	}
}

/** Sends a signal; a process that is gone is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

/** @returns whether the condition came true in time */
export async function until(condition: () => boolean, withinMs: number, everyMs = 20): Promise<boolean> {
	const end = performance.now() + withinMs;
	while (!condition()) {
		if (performance.now() > end) return false;
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
	return true;
}
