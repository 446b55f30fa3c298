import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ATTRIBUTE, decodeAnswer, encodeRequest, errorCodeOf, METHOD, xorAddress } from './stun-message';

/** RFC 5769 section 2.2: a response that holds 192.0.2.1:32853 under this transaction. */
const TRANSACTION = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');

describe('requests', () => {
	test('an address is written as the RFC’s own sample writes it', () => {
		expect(xorAddress('192.0.2.1', 32853, TRANSACTION).toString('hex')).toBe('0001a147e112a643');
		expect(xorAddress('2001:db8:1234:5678:11:2233:4455:6677', 32853, TRANSACTION).toString('hex')).toBe(
			'0002a1470113a9faa5d3f179bc25f4b5bed2b9d9'
		);
	});

	test('an IPv4 address within IPv6 is its 16 bytes', () => {
		const [dotted, plain] = ['::ffff:10.0.0.1', '::ffff:a00:1'].map((ip) => xorAddress(ip, 9, TRANSACTION));
		expect(dotted).toEqual(plain);
		expect(dotted).toHaveLength(20);
	});

	test('a request is signed as the RFC’s own sample is (section 2.4)', () => {
		const username = Buffer.from('マトリックス');
		const realm = Buffer.from('example.org');
		const key = createHash('md5').update(`${username.toString()}:example.org:TheMatrIX`).digest();
		const signed = encodeRequest(
			0x001 as never, // a binding request, which we never send
			Buffer.from('78ad3433c6ad72c029da412e', 'hex'),
			[
				[ATTRIBUTE.username, username],
				[ATTRIBUTE.nonce, Buffer.from('f//499k954d6OL34oL9FSTvy64sA')],
				[ATTRIBUTE.realm, realm]
			],
			key
		);
		expect(signed.subarray(-20).toString('hex')).toBe('f67024656dd64a3e02b8e0712e85c9a28ca89666');
	});
});

describe('answers', () => {
	/** The answer to a request, with one attribute. */
	function answerOf(type: number, attribute: number, value: Buffer): Buffer {
		const bytes = encodeRequest(METHOD.allocate, TRANSACTION, [[attribute, value]]);
		bytes.writeUInt16BE(type, 0);
		return bytes;
	}
	const refused = answerOf(0x0113, ATTRIBUTE.errorCode, Buffer.from([0, 0, 4, 1, 0x4e, 0x6f]));

	test('a refusal and its code', () => {
		const answer = decodeAnswer(refused);
		expect(answer).toMatchObject({ succeeded: false, transaction: TRANSACTION });
		expect(answer && errorCodeOf(answer)).toBe(401);
	});

	test('a success and its attributes, padding left out', () => {
		const answer = decodeAnswer(answerOf(0x0103, ATTRIBUTE.realm, Buffer.from('parley')));
		expect(answer?.succeeded).toBe(true);
		expect(answer?.attributes.get(ATTRIBUTE.realm)?.toString()).toBe('parley');
		expect(answer && errorCodeOf(answer)).toBe(0);
	});

	test.each([
		['a request', encodeRequest(METHOD.allocate, TRANSACTION, [])],
		['half of one', refused.subarray(0, 24)],
		['more than one', Buffer.concat([refused, refused])],
		['nothing', Buffer.alloc(0)],
		['something else of that length', Buffer.alloc(20, 1)],
		['an attribute that ends behind the message', overlong()]
	])('%s is none', (_title, bytes) => {
		expect(decodeAnswer(bytes)).toBeNull();
	});

	function overlong(): Buffer {
		const bytes = Buffer.from(answerOf(0x0103, ATTRIBUTE.realm, Buffer.from('parley')));
		bytes.writeUInt16BE(999, 22);
		return bytes;
	}
});
