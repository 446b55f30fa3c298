import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TurnAddress } from './ice-urls';
import {
	ATTRIBUTE,
	decodeAnswer,
	encodeRequest,
	errorCodeOf,
	messageLength,
	METHOD,
	xorAddress,
	type Method,
	type StunAnswer,
	type StunAttribute
} from './stun-message';

export type TurnCredentials = { readonly username: string; readonly credential: string };

/** What a TURN server said: 0 is yes, anything else the code of its refusal, for example 401 or 403. */
export type TurnCode = number;

/** One client's talk with a TURN server. Each question rejects when it is not answered. */
export type TurnClient = {
	/** Asks for a relay address, which lives until `close`. */
	allocate(family: 'IPv4' | 'IPv6'): Promise<TurnCode>;
	/** May we exchange packets with this address through the relay? Nothing is sent there. */
	permit(ip: string): Promise<TurnCode>;
	close(): Promise<void>;
};

const ANSWER_WITHIN_MS = 3_000;
const RESEND_AFTER_MS = 500;
const UDP_RELAY = Buffer.from([17, 0, 0, 0]);
const FAMILIES = { IPv4: Buffer.from([1, 0, 0, 0]), IPv6: Buffer.from([2, 0, 0, 0]) };
const UNAUTHORIZED = 401;
const STALE_NONCE = 438;
const ALLOCATION_MISMATCH = 437;
/** For a refusal that says no code. */
const SERVER_ERROR = 500;

type Wire = { send(bytes: Buffer): void; close(): void };
type Hearer = { message(bytes: Buffer): void; failed(error: Error): void };

/** @throws when the name is unknown, or the connection is refused */
export async function openTurnClient(
	address: TurnAddress,
	{ username, credential }: TurnCredentials
): Promise<TurnClient> {
	let hear: Hearer | null = null;
	let wires = 0;
	/** Whatever one that was left still says is not heard. */
	const open = () => {
		const number = ++wires;
		return openWire(address, {
			message: (bytes) => number === wires && hear?.message(bytes),
			failed: (error) => number === wires && hear?.failed(error)
		});
	};
	let wire = await open();
	let realm: Buffer = Buffer.alloc(0);
	let nonce: Buffer = Buffer.alloc(0);
	let holdsRelay = false;

	/** One at a time. Over UDP it is said again until it is heard. */
	async function ask(
		method: Method,
		attributes: (transaction: Buffer) => StunAttribute[],
		key?: Buffer
	): Promise<StunAnswer> {
		const transaction = randomBytes(12);
		const bytes = encodeRequest(method, transaction, attributes(transaction), key);
		const timers: NodeJS.Timeout[] = [];
		try {
			return await new Promise<StunAnswer>((resolve, reject) => {
				hear = {
					message(heard) {
						const answer = decodeAnswer(heard);
						if (answer?.transaction.equals(transaction)) resolve(answer);
					},
					failed: reject
				};
				const giveUp = () => reject(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`));
				timers.push(setTimeout(giveUp, ANSWER_WITHIN_MS));
				if (address.transport === 'udp') timers.push(setInterval(() => wire.send(bytes), RESEND_AFTER_MS));
				wire.send(bytes);
			});
		} finally {
			for (const timer of timers) clearTimeout(timer);
		}
	}

	/** The server says under which realm and nonce it wants to be asked (long-term credentials, RFC 8489 section 9.2). */
	async function askSigned(
		method: Method,
		attributes: (transaction: Buffer) => StunAttribute[]
	): Promise<StunAnswer> {
		const signed = () => {
			const key = createHash('md5').update(`${username}:${realm.toString()}:${credential}`).digest();
			const who: StunAttribute[] = [
				[ATTRIBUTE.username, Buffer.from(username)],
				[ATTRIBUTE.realm, realm],
				[ATTRIBUTE.nonce, nonce]
			];
			return ask(method, (transaction) => [...attributes(transaction), ...who], key);
		};
		const first = await (realm.length > 0 ? signed() : ask(method, attributes));
		if (![UNAUTHORIZED, STALE_NONCE].includes(errorCodeOf(first))) return first;
		realm = first.attributes.get(ATTRIBUTE.realm) ?? realm;
		nonce = first.attributes.get(ATTRIBUTE.nonce) ?? nonce;
		return signed();
	}

	return {
		async allocate(family) {
			const request = () =>
				askSigned(METHOD.allocate, () => [
					[ATTRIBUTE.requestedTransport, UDP_RELAY],
					[ATTRIBUTE.requestedAddressFamily, FAMILIES[family]]
				]);
			let answer = await request();
			// Somebody had our port before, and their relay is not over yet: from another port, then (RFC 8656, section 7.4).
			if (errorCodeOf(answer) === ALLOCATION_MISMATCH) {
				wire.close();
				wire = await open();
				answer = await request();
			}
			holdsRelay = answer.succeeded;
			return codeOf(answer);
		},
		async permit(ip) {
			const peer = (transaction: Buffer): StunAttribute[] => [
				[ATTRIBUTE.xorPeerAddress, xorAddress(ip, 9, transaction)]
			];
			return codeOf(await askSigned(METHOD.createPermission, peer));
		},
		async close() {
			// Without a word it would be kept for ten minutes, and count against the quota.
			const ended = () => askSigned(METHOD.refresh, () => [[ATTRIBUTE.lifetime, Buffer.alloc(4)]]);
			if (holdsRelay) await ended().catch(() => undefined);
			wire.close();
		}
	};
}

function codeOf(answer: StunAnswer): TurnCode {
	return answer.succeeded ? 0 : errorCodeOf(answer) || SERVER_ERROR;
}

function openWire(address: TurnAddress, hearer: Hearer): Promise<Wire> {
	return address.transport === 'udp' ? openUdp(address, hearer) : openStream(address, hearer);
}

async function openUdp({ host, port }: TurnAddress, hearer: Hearer): Promise<Wire> {
	const { address, family } = await lookup(host);
	const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
	socket.on('message', hearer.message).on('error', hearer.failed);
	await new Promise<void>((resolve) => socket.connect(port, address, resolve));
	return { send: (bytes) => socket.send(bytes), close: () => void socket.close() };
}

async function openStream({ host, port, transport }: TurnAddress, hearer: Hearer): Promise<Wire> {
	const socket =
		transport === 'tls' ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
	await new Promise<void>((resolve, reject) => {
		const timer = setTimeout(
			() => socket.destroy(new Error(`no connection within ${ANSWER_WITHIN_MS / 1000} s`)),
			ANSWER_WITHIN_MS
		);
		socket.once('close', () => clearTimeout(timer));
		socket.once('error', reject).once(transport === 'tls' ? 'secureConnect' : 'connect', () => {
			clearTimeout(timer);
			resolve();
		});
	});
	let heard: Buffer = Buffer.alloc(0);
	socket.on('data', (bytes: Buffer) => {
		heard = Buffer.concat([heard, bytes]);
		for (
			let length = messageLength(heard);
			length !== null && length <= heard.length;
			length = messageLength(heard)
		) {
			hearer.message(heard.subarray(0, length));
			heard = heard.subarray(length);
		}
	});
	socket.on('error', hearer.failed);
	socket.on('close', () => hearer.failed(new Error('the connection was closed')));
	return { send: (bytes) => void socket.write(bytes), close: () => void socket.destroy() };
}
