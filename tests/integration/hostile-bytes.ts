import fc, { type Arbitrary } from 'fast-check';

const REQUESTS = [
	'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
	'GET // HTTP/1.1\r\nhost: x\r\n\r\n',
	'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
	'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n',
	'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
	'GET /%E0%A4%A HTTP/1.1\r\nhost: x\r\n\r\n',
	'GET /rooms/%00 HTTP/1.1\r\nhost: x\r\n\r\n',
	'GET /join/%ff HTTP/1.1\r\nhost: x\r\n\r\n',
	'GET /login/__data.json?x-sveltekit-invalidated=%00 HTTP/1.1\r\nhost: x\r\n\r\n',
	'POST /trpc/auth.signIn HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\nZ\r\n',
	'POST /trpc/auth.signIn HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
	'POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data\r\ncontent-length: 2\r\n\r\nab',
	'GET /trpc HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
	'GET // HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
	'GET http://[ HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
	'GET /trpc?connectionParams=1 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n{}',
	'POST /trpc HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
	'GET /trpc HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AA\r\n\r\n',
	'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
	'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
].map((text) => Buffer.from(text, 'latin1'));

/** A good request with some bytes changed, lost or put in, or cut off somewhere. */
const mutated = fc
	.tuple(
		fc.constantFrom(...REQUESTS),
		fc.array(fc.tuple(fc.nat(400), fc.integer({ min: -1, max: 255 })), { maxLength: 4 }),
		fc.option(fc.nat(200), { nil: null })
	)
	.map(([request, changes, cut]): Uint8Array => {
		const bytes = [...request];
		for (const [at, byte] of changes) bytes.splice(at % bytes.length, 1, ...(byte < 0 ? [] : [byte]));
		return Uint8Array.from(cut === null ? bytes : bytes.slice(0, cut));
	});

/** To the port itself. */
export const portBytes: Arbitrary<Uint8Array> = fc.oneof(mutated, mutated, fc.uint8Array({ maxLength: 300 }));

/** A frame header of whatever opcode, flags, length and mask, with something behind it. */
const rawFrame = fc
	.tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 200 }))
	.map(([first, second, rest]) => Uint8Array.from([first, second, ...rest]));
/** Fragments that never end, empty ones among them. */
const fragments = fc
	.tuple(fc.constantFrom(0x01, 0x02, 0x00), fc.nat(2_000))
	.map(([first, count]) =>
		Uint8Array.from([
			first,
			0x80,
			0,
			0,
			0,
			0,
			...Array.from({ length: count }, () => [0, 0x80, 0, 0, 0, 0]).flat()
		])
	);
const pings = fc
	.nat(500)
	.map((count) => Uint8Array.from({ length: count * 6 }, (_, i) => [0x89, 0x80, 0, 0, 0, 0][i % 6]!));
/** Unmasked, oversized, bad UTF-8, a control frame that is too long, a close code that is none. */
const CRAFTED = [
	[0x81, 0x02, 0x7b, 0x7d],
	[0x81, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0],
	[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
	[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe],
	[0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0],
	[0x88, 0x82, 0, 0, 0, 0, 0x00, 0x01],
	[0x88, 0x81, 0, 0, 0, 0, 0x01],
	[0xf1, 0x80, 0, 0, 0, 0],
	[0x80, 0x80, 0, 0, 0, 0]
].map((frameBytes) => Uint8Array.from(frameBytes));

/** To a socket that stands. */
export const socketBytes: Arbitrary<Uint8Array> = fc.oneof(
	{ weight: 4, arbitrary: rawFrame },
	{ weight: 4, arbitrary: fc.constantFrom(...CRAFTED) },
	{ weight: 1, arbitrary: fragments },
	{ weight: 1, arbitrary: pings }
);
