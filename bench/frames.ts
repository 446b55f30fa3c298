import { WebSocket, type ClientOptions } from 'ws';

/** A client socket that hands over text. Loud about what should not happen: a benchmark that loses its server is over. */
export function openSocket(
	url: string,
	onText: (text: string, socket: WebSocket) => void,
	options: ClientOptions = {}
): Promise<WebSocket> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
		socket.on('message', (data: Buffer) => onText(data.toString(), socket));
		socket.once('open', () => resolve(socket));
		socket.once('error', reject);
		socket.once('close', (code, why) => reject(new Error(`${url} closed: ${code} ${why.toString()}`)));
	});
}

/** The digits that stand at `from`, or NaN. */
export function readNumber(text: string, from: number): number {
	let value = NaN;
	for (let at = from; at < text.length; at++) {
		const digit = text.charCodeAt(at) - 48;
		if (digit < 0 || digit > 9) break;
		value = (Number.isNaN(value) ? 0 : value) * 10 + digit;
	}
	return value;
}
