import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { ENVELOPE, type Dialect, type Party } from './dialects';
import { openSocket } from './frames';

/** How a relay that only knows names is spoken to. */
type Words = {
	url: (base: string, id: string) => string;
	/** The frame that brings the signal to its receiver. */
	frameTo: (id: string) => string;
	/** Whether a frame of the relay brings one. */
	isSignal: (text: string) => boolean;
	/** Whether it says that we are known. Without it a socket that is open is known. */
	isWelcome?: (text: string) => boolean;
	/** What the relay's own rules want to hear back. */
	reply?: (text: string) => string | null;
	heartbeat?: { text: string; everyMs: number };
};

function byName(base: string, words: Words): Dialect {
	async function open(id: string): Promise<{ socket: WebSocket; party: Party }> {
		const party: Party = { send: () => {}, onSignal: () => {}, onTaken: () => {}, close: () => {} };
		let welcome = () => {};
		const welcomed = new Promise<void>((resolve) => (welcome = resolve));
		const socket = await openSocket(words.url(base, id), (text, socket) => {
			if (words.isSignal(text)) return party.onSignal();
			const reply = words.reply?.(text);
			if (reply != null) socket.send(reply);
			if (words.isWelcome?.(text)) welcome();
		});
		if (words.isWelcome) await welcomed;
		const { heartbeat } = words;
		const timer = heartbeat && setInterval(() => socket.send(heartbeat.text), heartbeat.everyMs);
		party.close = () => {
			clearInterval(timer);
			socket.terminate();
		};
		return { socket, party };
	}
	return {
		answers: false,
		async openPair() {
			const ids = [randomUUID(), randomUUID()] as const;
			const [a, b] = await Promise.all([open(ids[0]), open(ids[1])]);
			const [toA, toB] = [words.frameTo(ids[0]), words.frameTo(ids[1])];
			a.party.send = () => a.socket.send(toB);
			b.party.send = () => b.socket.send(toA);
			return [a.party, b.party];
		},
		openIdle: async () => (await open(randomUUID())).party
	};
}

/** The least a relay can do: JSON in, JSON out. */
export const wsDialect = (base: string): Dialect =>
	byName(base, {
		url: (url, id) => `${url}/?id=${id}`,
		frameTo: (to) => JSON.stringify({ to, signal: ENVELOPE }),
		isSignal: (text) => text.startsWith('{"from":')
	});

/** Engine.IO 4 and Socket.IO 5, straight to the WebSocket transport as `transports: ['websocket']` does. */
export const socketIoDialect = (base: string): Dialect =>
	byName(base, {
		url: (url, id) => `${url}/socket.io/?EIO=4&transport=websocket&id=${id}`,
		frameTo: (to) => `42${JSON.stringify(['signal', { to, signal: ENVELOPE }])}`,
		isSignal: (text) => text.startsWith('42["signal"'),
		isWelcome: (text) => text.startsWith('40'),
		reply: (text) => (text === '2' ? '3' : text.startsWith('0') ? '40' : null)
	});

/** What the PeerJS client says to its server. */
export const peerJsDialect = (base: string): Dialect =>
	byName(base, {
		url: (url, id) => `${url}/peerjs?key=peerjs&id=${id}&token=bench`,
		frameTo: (dst) => JSON.stringify({ type: 'CANDIDATE', dst, payload: ENVELOPE }),
		isSignal: (text) => text.startsWith('{"type":"CANDIDATE"'),
		isWelcome: (text) => text.startsWith('{"type":"OPEN"'),
		heartbeat: { text: '{"type":"HEARTBEAT"}', everyMs: 5_000 }
	});
