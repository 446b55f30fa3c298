import { z } from 'zod';
import { news, type News, type Topic } from './bus';

/** News and all the topics it is told on. */
export type Entry = readonly [topics: readonly Topic[], news: News];

/** NOTIFY carries less than 8,000 bytes. Ids are ASCII, so characters are bytes. */
export const MAX_MESSAGE_CHARS = 7_900;
/** So many topics at their longest, with their news, still fit one message. */
const MAX_TOPICS_PER_ENTRY = 50;
const MAX_ENTRIES = 500;

const topic = z.templateLiteral([
	z.enum(['user', 'device', 'session']),
	':',
	z.string().regex(/^[\w-]{1,128}$/)
]);
const entry = z.tuple([z.array(topic).min(1).max(MAX_TOPICS_PER_ENTRY), news]);
const message = z.array(z.unknown()).max(MAX_ENTRIES);

/**
 * Packs news into as few messages as their size allows, in order: `origin:[[[topic, …], news], …]`.
 *
 * @param origin which bus they come from, so that it knows its own when it hears them
 */
export function encodeNews(origin: string, entries: readonly Entry[]): string[] {
	const messages: string[] = [];
	let pieces: string[] = [];
	let size = 0;
	const close = () => {
		if (pieces.length > 0) messages.push(`${origin}:[${pieces.join()}]`);
		pieces = [];
		size = origin.length + ':[]'.length;
	};
	close();
	for (const [topics, told] of entries) {
		for (let at = 0; at < topics.length; at += MAX_TOPICS_PER_ENTRY) {
			const piece = JSON.stringify([topics.slice(at, at + MAX_TOPICS_PER_ENTRY), told]);
			if (size + piece.length + 1 > MAX_MESSAGE_CHARS || pieces.length === MAX_ENTRIES) close();
			pieces.push(piece);
			size += piece.length + 1;
		}
	}
	close();
	return messages;
}

/** What a bus sends to hear itself: news of nothing. */
export const probeOf = (origin: string): string => `${origin}:[]`;

export const isFrom = (origin: string, text: string): boolean => text.startsWith(`${origin}:`);

/**
 * Reads what another bus said. An entry that is not understood (a newer version's, perhaps) is left out alone.
 *
 * @returns null when this is no message at all
 */
export function decodeNews(text: string): { entries: Entry[]; unreadable: number } | null {
	if (text.length > MAX_MESSAGE_CHARS) return null;
	const begin = /^[0-9a-f]{12}:/.exec(text)?.[0].length;
	if (begin === undefined) return null;
	let json: unknown;
	try {
		json = JSON.parse(text.slice(begin));
	} catch {
		return null;
	}
	const parsed = message.safeParse(json);
	if (!parsed.success) return null;
	const read = parsed.data.map((one) => entry.safeParse(one));
	const entries = read.flatMap((one) => (one.success ? [one.data] : []));
	return { entries, unreadable: read.length - entries.length };
}
