import { createHmac } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** The little of STUN (RFC 8489) and TURN (RFC 8656) that it takes to ask a TURN server whether it relays. */
export const METHOD = { allocate: 0x003, refresh: 0x004, createPermission: 0x008 } as const;
export type Method = (typeof METHOD)[keyof typeof METHOD];

export const ATTRIBUTE = {
	username: 0x0006,
	messageIntegrity: 0x0008,
	errorCode: 0x0009,
	lifetime: 0x000d,
	xorPeerAddress: 0x0012,
	realm: 0x0014,
	nonce: 0x0015,
	requestedAddressFamily: 0x0017,
	requestedTransport: 0x0019
} as const;

export type StunAttribute = readonly [type: number, value: Buffer];

export type StunAnswer = {
	readonly transaction: Buffer;
	readonly succeeded: boolean;
	readonly attributes: ReadonlyMap<number, Buffer>;
};

const COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42]);
const HEADER_LENGTH = 20;
const INTEGRITY_LENGTH = 24;
const SUCCEEDED = 0x0100;
const FAILED = 0x0110;

/** @param key with it the request is signed (MESSAGE-INTEGRITY) */
export function encodeRequest(
	method: Method,
	transaction: Buffer,
	attributes: readonly StunAttribute[],
	key?: Buffer
): Buffer {
	const body = Buffer.concat(attributes.map(encodeAttribute));
	// The signature covers the header as it will be, with the signature's own length in it.
	const header = headerOf(method, transaction, body.length + (key ? INTEGRITY_LENGTH : 0));
	if (!key) return Buffer.concat([header, body]);
	const signature = createHmac('sha1', key).update(header).update(body).digest();
	return Buffer.concat([header, body, encodeAttribute([ATTRIBUTE.messageIntegrity, signature])]);
}

function headerOf(type: number, transaction: Buffer, length: number): Buffer {
	const start = Buffer.alloc(4);
	start.writeUInt16BE(type, 0);
	start.writeUInt16BE(length, 2);
	return Buffer.concat([start, COOKIE, transaction]);
}

function encodeAttribute([type, value]: StunAttribute): Buffer {
	const start = Buffer.alloc(4);
	start.writeUInt16BE(type, 0);
	start.writeUInt16BE(value.length, 2);
	return Buffer.concat([start, value, Buffer.alloc(paddingOf(value.length))]);
}

const paddingOf = (length: number) => (4 - (length % 4)) % 4;

/** How long the message is that begins here; null as long as not even that has come. Over TCP they follow each other. */
export function messageLength(bytes: Buffer): number | null {
	return bytes.length < HEADER_LENGTH ? null : HEADER_LENGTH + bytes.readUInt16BE(2);
}

/** Null for anything that is no whole answer. */
export function decodeAnswer(bytes: Buffer): StunAnswer | null {
	if (messageLength(bytes) !== bytes.length || !bytes.subarray(4, 8).equals(COOKIE)) return null;
	const outcome = bytes.readUInt16BE(0) & FAILED;
	if (outcome !== SUCCEEDED && outcome !== FAILED) return null;
	const attributes = new Map<number, Buffer>();
	let at = HEADER_LENGTH;
	while (at + 4 <= bytes.length) {
		const end = at + 4 + bytes.readUInt16BE(at + 2);
		if (end > bytes.length) return null;
		attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, end));
		at = end + paddingOf(end - at);
	}
	return { transaction: bytes.subarray(8, HEADER_LENGTH), succeeded: outcome === SUCCEEDED, attributes };
}

/** For example 401; 0 when there is none. */
export function errorCodeOf({ attributes }: StunAnswer): number {
	const value = attributes.get(ATTRIBUTE.errorCode);
	return value && value.length >= 4 ? (value.readUInt8(2) & 7) * 100 + value.readUInt8(3) : 0;
}

/** An address as STUN writes it: turned by the cookie, so that no router on the way rewrites it. */
export function xorAddress(ip: string, port: number, transaction: Buffer): Buffer {
	const address = addressBytes(ip);
	const mask = Buffer.concat([COOKIE, transaction]);
	const value = Buffer.alloc(4);
	value.writeUInt8(address.length === 4 ? 1 : 2, 1);
	value.writeUInt16BE(port ^ mask.readUInt16BE(0), 2);
	return Buffer.concat([value, Buffer.from(address.map((byte, index) => byte ^ (mask[index] ?? 0)))]);
}

/** 4 or 16 bytes. Also of an IPv6 address that ends as IPv4: `::ffff:10.0.0.1`. */
function addressBytes(ip: string): number[] {
	if (isIPv4(ip)) return ip.split('.').map(Number);
	const words = (text: string) =>
		text
			.split(':')
			.filter((part) => part !== '')
			.flatMap((part) =>
				isIPv4(part) ? addressBytes(part) : [parseInt(part, 16) >> 8, parseInt(part, 16) & 255]
			);
	const [before = '', after = ''] = ip.split('::');
	const [start, end] = [words(before), words(after)];
	return [...start, ...Array<number>(16 - start.length - end.length).fill(0), ...end];
}
