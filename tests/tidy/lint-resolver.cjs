'use strict';
// Where an import leads, for the lint rules about the direction of imports: relative ones without an ending,
// and `$lib`. A file that does not exist yet still has a place in the house, so its name is enough.

const { existsSync, statSync } = require('node:fs');
const { builtinModules } = require('node:module');
const { dirname, resolve } = require('node:path');

const ROOT = resolve(__dirname, '../..');
const ENDINGS = ['', '.ts', '.js', '.svelte.ts', '.svelte.js', '.d.ts', '/index.ts', '/index.js'];

/** @param {string} path */
const isFile = (path) => existsSync(path) && statSync(path).isFile();

exports.interfaceVersion = 2;

/**
 * @param {string} source what stands in the import
 * @param {string} from the importing file
 */
exports.resolve = (source, from) => {
	if (source.startsWith('node:') || builtinModules.includes(source)) return { found: true, path: null };

	const target = /^\$lib(\/|$)/.test(source)
		? resolve(ROOT, source.replace(/^\$lib/, 'src/lib'))
		: source.startsWith('.')
			? resolve(dirname(from), source)
			: null;
	// A package, or one of Kit's own modules: not of this house.
	if (target === null) return { found: true, path: resolve(ROOT, 'node_modules', source) };
	const existing = ENDINGS.map((ending) => target + ending).find(isFile);
	return { found: true, path: existing ?? (/\.[a-z]+$/.test(target) ? target : `${target}.ts`) };
};
