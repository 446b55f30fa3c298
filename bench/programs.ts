import { fork, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProbeAnswers, ProbeQuestion } from './probe';

/** build/bench, or what it is split into. */
const HERE = path.dirname(fileURLToPath(import.meta.url));
const PROGRAMS = path.basename(HERE) === 'chunks' ? path.dirname(HERE) : HERE;
/** This checkout. */
export const ROOT = path.join(PROGRAMS, '..', '..');
export const benchProgram = (name: string) => path.join(PROGRAMS, `${name}.js`);

const READY_WITHIN_MS = 30_000;
const TICKS_PER_SECOND = 100; // what Linux tells programs, whatever its kernel's own is

/** A process that is measured, or that loads one. */
export type Program = {
	pid: number;
	/** What it said it listens on. */
	url: string;
	ask<Question extends ProbeQuestion>(question: Question): Promise<ProbeAnswers[Question]>;
	/** Sends a command and answers what the program replies to it. */
	command<Reply>(command: object): Promise<Reply>;
	stop(): Promise<void>;
};

/**
 * Starts a program in a process of its own, with a probe in it, and waits until it says where it is.
 *
 * @param env all that reaches it, save what a program needs to run at all
 * @param ready what its standard output says when it can be used; the group is its URL
 */
export async function startProgram(
	file: string,
	env: Record<string, string> = {},
	ready = /^ready (\S+)$/m
): Promise<Program> {
	const { PATH = '', HOME = '', TMPDIR } = process.env;
	const child = fork(file, {
		env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), NODE_ENV: 'production', ...env },
		execArgv: ['--expose-gc', '--import', benchProgram('probe')],
		serialization: 'advanced',
		stdio: ['ignore', 'pipe', 'inherit', 'ipc']
	});
	const ended = new Promise<string>((resolve) => {
		child.once('error', (error) => resolve(error.message));
		child.once('exit', (code, signal) => resolve(String(code ?? signal)));
	});
	const url = await untilReady(child, ended, ready);
	const ask = questions(child, ended, path.basename(file));
	return {
		pid: child.pid ?? 0,
		url,
		ask: (probe) => ask({ probe }),
		command: (command) => ask({ command }),
		async stop() {
			child.kill('SIGTERM');
			await ended;
		}
	};
}

function untilReady(child: ChildProcess, ended: Promise<string>, ready: RegExp): Promise<string> {
	let said = '';
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			child.kill('SIGKILL');
			reject(new Error(`Not ready after ${READY_WITHIN_MS} ms: ${said}`));
		}, READY_WITHIN_MS);
		void ended.then((how) => {
			clearTimeout(timer);
			reject(new Error(`It ended with ${how} instead of being ready: ${said}`));
		});
		child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
			said += chunk;
			const url = ready.exec(said)?.[1];
			if (url === undefined) return;
			clearTimeout(timer);
			resolve(url);
		});
	});
}

/** One question at a time or many: each answer names its question. */
function questions(child: ChildProcess, ended: Promise<string>, name: string) {
	type Waiting = { resolve: (answer: never) => void; reject: (error: Error) => void };
	const waiting = new Map<number, Waiting>();
	let asked = 0;
	child.on('message', ({ id, answer, failure }: { id: number; answer: never; failure?: string }) => {
		const one = waiting.get(id);
		waiting.delete(id);
		if (failure === undefined) one?.resolve(answer);
		else one?.reject(new Error(`${name}: ${failure}`));
	});
	void ended.then((how) => {
		for (const one of waiting.values()) one.reject(new Error(`${name} ended with ${how}`));
	});
	return function ask<Answer>(question: object): Promise<Answer> {
		asked += 1;
		const id = asked;
		return new Promise((resolve, reject) => {
			waiting.set(id, { resolve, reject });
			child.send({ ...question, id });
		});
	};
}

/** Answers the commands of `Program.command`. For programs that put load on others. */
export function answerCommands<Command>(answer: (command: Command) => Promise<unknown>): void {
	process.on('message', ({ command, id }: { command?: Command; id: number }) => {
		if (command === undefined) return;
		answer(command).then(
			(result) => process.send?.({ id, answer: result }),
			(error: unknown) =>
				process.send?.({ id, failure: error instanceof Error ? error.stack : String(error) })
		);
	});
	process.channel?.ref();
}

/** `pid ppid utime stime cutime cstime` out of /proc; null for a process that has just ended. */
function readStat(pid: string): { parent: number; own: number; children: number } | null {
	try {
		// The name, in parentheses, may hold spaces.
		const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
		const at = (index: number) => Number(fields[index]);
		return { parent: at(1), own: at(11) + at(12), children: at(13) + at(14) };
	} catch {
		return null;
	}
}

/** CPU that a process and its children have used until now, in microseconds, those that have ended included. Linux only. */
export function familyCpu(pid: number): number {
	let ticks = 0;
	for (const name of readdirSync('/proc')) {
		if (!/^\d+$/.test(name)) continue;
		const stat = readStat(name);
		if (Number(name) === pid) ticks += (stat?.own ?? 0) + (stat?.children ?? 0);
		else if (stat?.parent === pid) ticks += stat.own;
	}
	return (ticks / TICKS_PER_SECOND) * 1e6;
}
