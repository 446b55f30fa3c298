import { parseSignalBody, type ConnectionName, type SignalBody } from '../core/signal-body';
import type { SignalKind } from '../core/signal';
import type { PeerContent } from './peer-link';

/** What two devices tell each other, with the name of the connection it is about. */
export function bodyOf({ mine, theirs, attempt }: ConnectionName, content: PeerContent): SignalBody {
	const common = { v: 1 as const, epochs: { from: mine, to: theirs }, attempt };
	if ('description' in content) return { ...common, description: content.description };
	return { ...common, candidates: [...content.candidates] };
}

/** A body as the envelope carries it: JSON in UTF-8 in base64. */
export function encodeBody(body: SignalBody): string {
	let binary = '';
	for (const byte of new TextEncoder().encode(JSON.stringify(body))) binary += String.fromCharCode(byte);
	return btoa(binary);
}

/** @returns null when it is not a body of that kind, whatever else it may be */
export function decodeBody(kind: SignalKind, base64: string): SignalBody | null {
	try {
		const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
		return parseSignalBody(kind, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
	} catch {
		return null;
	}
}
