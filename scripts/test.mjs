// `npm test`: everything CI runs, from a fresh clone. `npm test -- unit e2e` runs these steps only, `--long` the big counts.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkNode, ensureBuilt, ensureInstalled, PrepareError, ROOT, stopPreparing } from './prepare.mjs';
import { provide } from './needs.mjs';
import { STEPS } from './steps.mjs';

const STEP_WITHIN_MS = 20 * 60_000;
const KILL_AFTER_MS = 8_000;
const SHOWN_LINES = 300;

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {import('./steps.mjs').Step} Step */

const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const long = process.argv.includes('--long') || Boolean(process.env.LONG);
const inCi = Boolean(process.env.CI) && process.env.CI !== 'false';
const unknown = asked.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
	console.error(`No such step: ${unknown.join(', ')}. Steps: ${STEPS.map((step) => step.name).join(' ')}`);
	process.exit(2);
}
const steps = STEPS.filter((step) => asked.length === 0 || asked.includes(step.name));

// One folder for everything temporary, so that nothing is left wherever a step was cut off.
const temp = mkdtempSync(path.join(tmpdir(), 'parley-test-'));
chmodSync(temp, 0o755); // Postgres runs as another user when we are root
/** @type {Counts} */
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const notRun = [];
/** What this machine lacks, and why. */
let missing = /** @type {ReturnType<typeof provide>} */ (new Map());
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
/** @type {NodeJS.Signals | undefined} */
let stoppedBy;

/** A step's programs run in a process group of their own: what they left behind goes with it. */
function signalGroup(/** @type {number | undefined} */ pid, /** @type {NodeJS.Signals} */ signal) {
	try {
		if (pid) process.kill(-pid, signal);
	} catch {
		// nobody is left
	}
}

/** @param {NodeJS.Signals} signal */
function signalAll(signal) {
	for (const { pid } of children) signalGroup(pid, signal);
}

/** Postgres is detached from everybody. Whatever a cut-off step left of it is below our folder, some levels down. */
function endTemporaryDatabases(folder = temp, levels = 3) {
	const folders = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
	for (const { name } of folders.filter((entry) => entry.isDirectory())) {
		const file = path.join(folder, name, 'postmaster.pid');
		if (!existsSync(file)) {
			if (levels > 1) endTemporaryDatabases(path.join(folder, name), levels - 1);
			continue;
		}
		try {
			process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGQUIT');
		} catch {
			// it has ended by itself
		}
	}
}

function cleanUp() {
	signalAll('SIGKILL');
	endTemporaryDatabases();
	rmSync(temp, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
	process.on(signal, () => {
		if (stoppedBy) return;
		stoppedBy = signal;
		stopPreparing(signal);
		signalAll('SIGTERM');
		setTimeout(() => signalAll('SIGKILL'), KILL_AFTER_MS).unref(); // Playwright's own handler can hang
	});
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} env
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
function run([program = '', ...args], env) {
	return new Promise((resolve) => {
		const { FORCE_COLOR: _, ...inherited } = process.env;
		const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', program), ...args], {
			cwd: ROOT,
			env: { ...inherited, NO_COLOR: '1', TMPDIR: temp, ...(long ? { LONG: '1' } : {}), ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true
		});
		const { pid } = child;
		children.add(child);
		let output = '';
		const timer = setTimeout(() => {
			output += `\nnot done after ${STEP_WITHIN_MS / 60_000} minutes`;
			signalGroup(pid, 'SIGKILL');
		}, STEP_WITHIN_MS);
		for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
		child.once('error', (error) => (output += error.message));
		child.once('exit', (code) => {
			clearTimeout(timer);
			signalGroup(pid, 'SIGKILL');
			children.delete(child);
			// A process that outlives its step may hold the pipe open for ever: its last words are not waited for.
			setTimeout(() => resolve({ ok: code === 0, output }), 50);
		});
	});
}

/** @param {Step} step @param {string} report @param {boolean} ok @returns {Counts} */
function count(step, report, ok) {
	/** @type {Counts} */
	let counts = { passed: 0, failed: 0, skipped: 0 };
	if (!step.counts) counts = { passed: Number(ok), failed: Number(!ok), skipped: 0 };
	else if (existsSync(report)) {
		const json = JSON.parse(readFileSync(report, 'utf8'));
		counts =
			step.counts === 'vitest'
				? {
						passed: json.numPassedTests,
						failed: json.numFailedTests,
						skipped: json.numPendingTests + json.numTodoTests
					}
				: {
						passed: json.stats.expected + json.stats.flaky,
						failed: json.stats.unexpected,
						skipped: json.stats.skipped
					};
	}
	// A file that does not load holds no test that could fail; and no test at all is no success either.
	if (counts.failed === 0 && (!ok || counts.passed === 0)) counts.failed = 1;
	return counts;
}

/** @param {Counts} counts */
const inWords = ({ passed, failed, skipped }) =>
	`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** @param {number} since */
const secondsSince = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** @param {string} name @param {Counts} counts @param {number} since @param {string} output */
function tell(name, counts, since, output) {
	for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
	console.log(
		`${counts.failed ? 'FAIL' : 'ok  '} ${name.padEnd(16)} ${secondsSince(since).padStart(8)}  ${inWords(counts)}`
	);
	if (counts.failed) console.log(whatFailed(output));
}

/** Without the list of what passed: a reader who sees only a beginning must find it there. A program that says no such thing says it last. */
function whatFailed(/** @type {string} */ output) {
	const at = output.search(/^ +1\) |^⎯+ Failed /m);
	const lines = output.slice(Math.max(0, at)).trim().split('\n');
	return (at < 0 ? lines.slice(-SHOWN_LINES) : lines.slice(0, SHOWN_LINES)).join('\n');
}

/** What this machine lacks for it. @param {Step | undefined} step */
const lacks = (step) => step?.needs?.find((name) => missing.has(name));

/** @param {Step} step */
function argumentsFor({ leaves }) {
	const other = steps.find((step) => step.name === leaves?.to);
	return leaves && other && !lacks(other) && !long ? leaves.without : [];
}

/** @param {Step} step */
async function runStep(step) {
	const report = path.join(temp, `${step.name}.json`);
	const since = performance.now();
	let ok = true;
	let said = '';
	/** @type {string[]} */
	const shown = [];
	for (const command of step.commands) {
		const reporters =
			step.counts === 'vitest'
				? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
				: [];
		const result = await run([...command, ...argumentsFor(step), ...reporters], {
			...step.env,
			PLAYWRIGHT_JSON_OUTPUT_FILE: report
		});
		if (!result.ok) said += result.output;
		if (step.shows) shown.push(...(result.output.match(step.shows) ?? []));
		ok &&= result.ok;
		if (stoppedBy) return;
	}
	tell(step.name, count(step, report, ok), since, said);
	if (ok) for (const line of shown) console.log(`       ${line}`);
}

/** Kit's generated types: ESLint and TypeScript need them. A build makes them too, and may have been made elsewhere. */
async function prepareBuild() {
	const since = performance.now();
	const synced = await run(['@sveltejs/kit/svelte-kit.js', 'sync'], {});
	/** @type {Counts} */
	const good = { passed: 1, failed: 0, skipped: 0 };
	const bad = { passed: 0, failed: 1, skipped: 0 };
	try {
		if (!synced.ok) throw new PrepareError('svelte-kit sync failed:', synced.output);
		if (steps.some((step) => step.built)) await ensureBuilt(() => {});
		if (!stoppedBy) tell('build', good, since, '');
	} catch (error) {
		if (!(error instanceof PrepareError)) throw error;
		if (!stoppedBy) tell('build', bad, since, `${error.message}\n${error.output}`);
	}
}

/** What a machine lacks is told at the end; in CI nothing may be lacking. @param {Step} step */
async function runIfPossible(step) {
	const need = lacks(step);
	if (!need) return runStep(step);
	notRun.push(`not run: ${step.name}, because ${need} is missing: ${missing.get(need)}`);
	if (inCi) total.failed += 1;
}

/** @param {Step[]} queue taken from its beginning */
async function runSteps(queue) {
	for (let step = queue.shift(); step && !stoppedBy; step = queue.shift()) await runIfPossible(step);
}

async function main() {
	const since = performance.now();
	checkNode();
	await ensureInstalled(console.log);
	if (stoppedBy) return;
	missing = provide([...new Set(steps.flatMap((step) => step.needs ?? []))], console.log);
	await prepareBuild();
	for (const turn of new Set(steps.map((step) => step.turn))) {
		const queue = steps.filter((step) => step.turn === turn);
		await Promise.all([runSteps(queue), runSteps(queue)]);
	}
	if (stoppedBy) return;
	console.log(`everything took ${secondsSince(since)}`);
	for (const line of notRun) console.log(line);
	console.log(inWords(total));
	process.exitCode = total.failed > 0 ? 1 : 0;
}

try {
	await main();
} catch (error) {
	if (!(error instanceof PrepareError)) throw error;
	console.error(error.message, error.output);
	process.exitCode = 1;
} finally {
	cleanUp();
}
if (stoppedBy) process.exit(stoppedBy === 'SIGINT' ? 130 : 143);
