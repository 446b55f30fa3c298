import type { Profiler } from 'node:inspector';
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** CPU spent in code itself, not in what it calls. `group`: a package or a file of ours; `function`: one of its functions. */
export type Cost = { kind: 'group' | 'function'; name: string; us: number; share: number };

const GROUPS_SHOWN = 25;
const FUNCTIONS_SHOWN = 8;

type Frame = Profiler.ProfileNode['callFrame'];

const maps = new Map<string, SourceMap | null>();

function mapOf(file: string): SourceMap | null {
	let map = maps.get(file);
	if (map === undefined) {
		const beside = `${file}.map`;
		map = existsSync(beside)
			? new SourceMap(JSON.parse(readFileSync(beside, 'utf8')) as ConstructorParameters<typeof SourceMap>[0])
			: null;
		maps.set(file, map);
	}
	return map;
}

/** What the build put there: a source of ours, or a package that it took in. */
function sourceOf(file: string, { lineNumber, columnNumber }: Frame): string {
	const map = mapOf(file);
	if (!map) return path.basename(file);
	const entry = map.findEntry(lineNumber, columnNumber);
	// The one thing in the build without a map.
	if (!('generatedLine' in entry) || entry.generatedLine !== lineNumber) return 'node_modules/postgres';
	return entry.originalSource.replace(/^(\.\.\/)+/, '');
}

/** A package's name, a file of ours as the source names it, or what V8 calls its own. */
function groupOf(frame: Frame): string {
	const { url, functionName } = frame;
	if (url === '') return functionName.startsWith('(') ? functionName : 'V8 built-ins';
	if (url.startsWith('node:')) return 'Node';
	const file = url.startsWith('file:') ? fileURLToPath(url) : url;
	const source = file.includes('/node_modules/') ? file : sourceOf(file, frame);
	const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source);
	return inPackage?.[1] ? `package ${inPackage[1]}` : source;
}

/**
 * The most expensive groups, each followed by its most expensive functions.
 *
 * @param signals how many were relayed meanwhile
 */
export function topCosts(profile: Profiler.Profile, signals: number): Cost[] {
	const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
	const groups = new Map<string, { us: number; functions: Map<string, number> }>();
	let total = 0;
	(profile.samples ?? []).forEach((id, i) => {
		const frame = nodes.get(id);
		const us = profile.timeDeltas?.[i] ?? 0;
		if (!frame || frame.functionName === '(idle)') return;
		total += us;
		const name = groupOf(frame);
		const group = groups.get(name) ?? { us: 0, functions: new Map<string, number>() };
		groups.set(name, group);
		group.us += us;
		const called = frame.functionName || `(anonymous at line ${frame.lineNumber + 1})`;
		group.functions.set(called, (group.functions.get(called) ?? 0) + us);
	});
	const cost = (kind: Cost['kind'], name: string, us: number): Cost => ({
		kind,
		name,
		us: us / signals,
		share: us / total
	});
	return [...groups]
		.sort(([, a], [, b]) => b.us - a.us)
		.slice(0, GROUPS_SHOWN)
		.flatMap(([name, { us, functions }]) => [
			cost('group', name, us),
			...[...functions]
				.sort(([, a], [, b]) => b - a)
				.slice(0, FUNCTIONS_SHOWN)
				.filter(() => functions.size > 1)
				.map(([called, spent]) => cost('function', called, spent))
		]);
}
