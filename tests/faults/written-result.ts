import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCUMENT = fileURLToPath(new URL('../../docs/RELIABILITY.md', import.meta.url));
const PLACE = /(<!-- result of `npm run faults -- --write` -->\n)[\s\S]*?(<!-- end of the result -->)/;

/** Puts a run's result where its readers look for it, in place of the one before. */
export function writeResult(result: string, on: Date): void {
	const before = readFileSync(DOCUMENT, 'utf8');
	if (!PLACE.test(before)) throw new Error('docs/RELIABILITY.md has no place for a result');
	const day = on.toISOString().slice(0, 10);
	const text = `\n${day}:\n\n\`\`\`text\n${result}\n\`\`\`\n\n`;
	writeFileSync(
		DOCUMENT,
		before.replace(PLACE, (_all, begin: string, end: string) => `${begin}${text}${end}`)
	);
}
