// What must be there before anything can run: packages and a build. Plain Node, no dependency: it runs before `npm ci`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	accessSync,
	constants,
	existsSync,
	lstatSync,
	readFileSync,
	readdirSync,
	statSync,
	writeFileSync
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];
const INSTALLED = path.join(ROOT, 'node_modules', '.parley-installed');
const BUILT = path.join(ROOT, 'build', '.parley-built');

/** What the person who starts us can put right; the message is one line, `output` what a program said. */
export class PrepareError extends Error {
	/** @param {string} message @param {string} [output] */
	constructor(message, output = '') {
		super(message);
		this.output = output;
	}
}

/** The beginning and the end of what a program said: the cause is in one of them. @param {string} output */
export function excerpt(output, lines = 30) {
	const all = output.trim().split('\n');
	if (all.length <= 2 * lines) return all.join('\n');
	return [...all.slice(0, lines), '…', ...all.slice(-lines)].join('\n');
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Passes a signal on to whatever is being prepared. @param {NodeJS.Signals} signal */
export function stopPreparing(signal) {
	for (const child of running) child.kill(signal);
}

/**
 * Runs a program to its end and keeps what it says.
 * @param {string[]} args arguments for this Node
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNode(args) {
	return new Promise((resolve) => {
		const { FORCE_COLOR: _, ...env } = process.env;
		const child = spawn(process.execPath, args, {
			cwd: ROOT,
			env: { ...env, NO_COLOR: '1' },
			stdio: ['ignore', 'pipe', 'pipe']
		});
		running.add(child);
		let output = '';
		for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
		child.once('error', (error) => (output += error.message));
		child.once('close', (code) => {
			running.delete(child);
			resolve({ code: code ?? 1, output });
		});
	});
}

/** @throws {PrepareError} */
export function checkNode() {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	const [oldMajor = 0, oldMinor = 0] = OLDEST_NODE;
	if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return;
	throw new PrepareError(
		`Parley needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`
	);
}

/** @param {string} doing */
function checkWritable(doing) {
	try {
		accessSync(ROOT, constants.W_OK);
	} catch {
		throw new PrepareError(`Cannot write to ${ROOT}, which ${doing} needs. Make it writable for this user.`);
	}
}

/** @param {string} file */
const modified = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
/** @param {string} file */
const stamp = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
/** @param {string} file */
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Whether node_modules is what package-lock.json says, as far as one can tell without npm. */
function isInstalled() {
	const lock = path.join(ROOT, 'package-lock.json');
	const npms = path.join(ROOT, 'node_modules', '.package-lock.json'); // the last thing an install writes
	if (!existsSync(npms)) return false;
	if (stamp(INSTALLED) === hashOf(lock)) return true;
	return !existsSync(INSTALLED) && modified(npms) >= modified(lock); // somebody ran `npm install`
}

/** npm itself, however we were started. */
function npmCli() {
	const beside = path.join(
		path.dirname(process.execPath),
		'..',
		'lib',
		'node_modules',
		'npm',
		'bin',
		'npm-cli.js'
	);
	const found = [process.env.npm_execpath, beside].find((file) => file?.endsWith('.js') && existsSync(file));
	if (!found) throw new PrepareError('npm was not found. Start with `npm start`, or run `npm ci` first.');
	return found;
}

/** Installs packages unless they are there. @param {(line: string) => void} say */
export async function ensureInstalled(say) {
	if (!isInstalled()) {
		checkWritable('`npm ci`');
		if (lstatSync(path.join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
			// `npm ci` begins by emptying the folder, and follows the link to do so.
			throw new PrepareError(
				'node_modules is a link, and out of date: remove the link, or install where it leads.'
			);
		}
		say('Installing packages (npm ci)');
		// The build needs the development packages, also where NODE_ENV says production.
		const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--prefer-offline'];
		const { code, output } = await runNode([npmCli(), ...args]);
		if (code !== 0) throw new PrepareError('`npm ci` failed:', output);
	}
	const wanted = hashOf(path.join(ROOT, 'package-lock.json'));
	try {
		if (stamp(INSTALLED) !== wanted) writeFileSync(INSTALLED, wanted);
	} catch {
		// installed by somebody else: fine, as long as it is there
	}
}

/** @param {string} folder @returns {string[]} every file below, in a fixed order */
function filesBelow(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { withFileTypes: true })
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => {
			const at = path.join(folder, entry.name);
			return entry.isDirectory() ? filesBelow(at) : [at];
		});
}

/** One number for everything the build is made of. */
function sourceHash() {
	const files = ['src', 'static'].flatMap((folder) => filesBelow(path.join(ROOT, folder)));
	for (const name of [
		'package-lock.json',
		'svelte.config.js',
		'vite.config.ts',
		'vite.server.config.ts',
		'tsconfig.json'
	]) {
		files.push(path.join(ROOT, name));
	}
	const hash = createHash('sha256');
	for (const file of files.filter((file) => !file.endsWith('.test.ts') && existsSync(file))) {
		hash
			.update(`${path.relative(ROOT, file)}\n`)
			.update(readFileSync(file))
			.update('\n');
	}
	return hash.digest('hex');
}

/** Builds unless the build is what the source says. @param {(line: string) => void} say */
export async function ensureBuilt(say) {
	const wanted = sourceHash();
	if (stamp(BUILT) === wanted && existsSync(path.join(ROOT, 'build', 'parley.js'))) return;
	checkWritable('the build');
	say('Building');
	const vite = path.join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
	// Kit's build empties the folder, so it comes first.
	for (const args of [['build'], ['build', '--config', 'vite.server.config.ts']]) {
		const { code, output } = await runNode([vite, ...args, '--logLevel', 'warn']);
		if (code !== 0) throw new PrepareError('The build failed:', output);
	}
	writeFileSync(BUILT, wanted);
}
