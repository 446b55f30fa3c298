import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Every file that git knows or would take, relative to the root: what a clone holds. */
export function treeFiles(): string[] {
	const out = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
		cwd: ROOT,
		encoding: 'utf8',
		maxBuffer: 16 * 1024 * 1024
	});
	return [...new Set(out.split('\0'))].filter((path) => path !== '' && existsSync(ROOT + path)).sort();
}

export function readText(path: string): string {
	return readFileSync(ROOT + path, 'utf8');
}

const BINARY = /\.(png|jpg|jpeg|gif|ico|webp|woff2?|mp3|ogg|wav|webm|mjpeg)$/;

export function isText(path: string): boolean {
	return !BINARY.test(path);
}
