/** How a browser reaches a TURN server. Whichever it is, media leaves that server by UDP. */
export type TurnAddress = {
	readonly host: string;
	readonly port: number;
	readonly transport: 'udp' | 'tcp' | 'tls';
};

const PORT = 3478;
const TLS_PORT = 5349;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/i;

/**
 * Reads `turn:host[:port][?transport=udp|tcp]`, or the same with `turns:` (RFC 7065). Null for what no browser takes:
 * slashes, names and passwords, and `turns:` over UDP, which none of them speaks.
 */
export function parseTurnUrl(url: string): TurnAddress | null {
	const [, scheme, rest = '', query] = /^(turns?):([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
	const place = placeOf(rest);
	if (!scheme || !place || !['transport=udp', 'transport=tcp', undefined].includes(query)) return null;
	if (scheme === 'turn') {
		const transport = query === 'transport=tcp' ? 'tcp' : 'udp';
		return { host: place.host, port: place.port ?? PORT, transport };
	}
	if (query === 'transport=udp') return null;
	return { host: place.host, port: place.port ?? TLS_PORT, transport: 'tls' };
}

/** `stun:host[:port]` or `stuns:…` (RFC 7064), and nothing behind it. */
export function isStunUrl(url: string): boolean {
	const [, rest = ''] = /^stuns?:(.*)$/.exec(url) ?? [];
	return placeOf(rest) !== null;
}

function placeOf(text: string): { host: string; port: number | null } | null {
	const [, host = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
	const port = digits === undefined ? null : Number(digits);
	if (!HOST.test(host) || (port !== null && (port < 1 || port > 65_535))) return null;
	return { host: host.replace(/^\[|\]$/g, ''), port };
}
