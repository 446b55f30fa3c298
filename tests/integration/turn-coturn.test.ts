import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIce } from '../../src/lib/server/ice/ice';
import { parseTurnUrl } from '../../src/lib/server/ice/ice-urls';
import { openTurnClient, type TurnCode, type TurnCredentials } from '../../src/lib/server/ice/turn-client';
import { temporaryFolder } from '../fixtures/postgres';
import { startTurnServer, TURN_SECRET, type TurnServer } from '../fixtures/turn-server';

// Our credentials and our coturn configuration against a real coturn.

const TAKEN = 0;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const MINUTE_MS = 60_000;

let turn: TurnServer;
beforeAll(async () => void (turn = await startTurnServer({ alsoIPv6: true })));
afterAll(() => turn?.close());

/** What the server gives somebody in a call, at that moment. */
function credentials({ secret = TURN_SECRET, at = Date.now() } = {}): TurnCredentials {
	const ice = createIce({ stunUrls: [], turnUrls: [turn.url('udp')], turnSecret: secret }, () => at);
	const { username = '', credential = '' } = ice.servers('ann').iceServers[0] ?? {};
	return { username, credential };
}

async function asClient<Answer>(
	who: TurnCredentials,
	use: (client: Awaited<ReturnType<typeof openTurnClient>>) => Promise<Answer>,
	url = turn.url('udp')
): Promise<Answer> {
	const address = parseTurnUrl(url);
	if (!address) throw new Error(`not a TURN URL: ${url}`);
	const client = await openTurnClient(address, who);
	try {
		return await use(client);
	} finally {
		await client.close();
	}
}

const allocate = (who: TurnCredentials, url?: string): Promise<TurnCode> =>
	asClient(who, (client) => client.allocate('IPv4'), url);

describe('credentials', () => {
	test.each(['udp', 'tcp'] as const)('fresh ones are taken, over %s', async (transport) => {
		expect(await allocate(credentials(), turn.url(transport))).toBe(TAKEN);
	});

	test('they are taken until they expire, and refused from then on', async () => {
		expect(await allocate(credentials({ at: Date.now() - 9 * MINUTE_MS }))).toBe(TAKEN);
		expect(await allocate(credentials({ at: Date.now() - 10 * MINUTE_MS - 1_000 }))).toBe(UNAUTHORIZED);
	});

	test('a relay that was opened with them outlives them', async () => {
		const soon = credentials({ at: Date.now() - 10 * MINUTE_MS + 1_500 });
		await asClient(soon, async (client) => {
			expect(await client.allocate('IPv4')).toBe(TAKEN);
			await expect.poll(() => allocate(soon), { timeout: 5_000 }).toBe(UNAUTHORIZED);
			expect(await client.permit('127.0.0.1')).toBe(TAKEN);
		});
	});

	test('those of a connection check are taken for a minute, and the log tells them from those of calls', async () => {
		const ofCheck = (at: number): TurnCredentials => {
			const config = { stunUrls: [], turnUrls: [turn.url('udp')], turnSecret: TURN_SECRET };
			const [server] = createIce(config, () => at).serversForCheck('ann').iceServers;
			return { username: server?.username ?? '', credential: server?.credential ?? '' };
		};
		expect(await allocate(ofCheck(Date.now()))).toBe(TAKEN);
		expect(turn.output()).toMatch(/user <\d+:check:ann>: incoming packet ALLOCATE processed, success/);
		expect(await allocate(ofCheck(Date.now() - MINUTE_MS - 1_000))).toBe(UNAUTHORIZED);
	});

	test('those of another secret are refused', async () => {
		expect(await allocate(credentials({ secret: 'another-secret-of-16' }))).toBe(UNAUTHORIZED);
	});

	test.each<[what: string, forge: (who: TurnCredentials) => TurnCredentials]>([
		['a later expiry', ({ credential }) => ({ username: `${Date.now() + MINUTE_MS}:ann`, credential })],
		[
			'another user',
			({ username, credential }) => ({ username: username.replace('ann', 'eve'), credential })
		],
		['no signature', ({ username }) => ({ username, credential: '' })],
		[
			'a guessed signature',
			({ username }) => ({ username, credential: Buffer.alloc(20, 7).toString('base64') })
		],
		['no expiry', () => ({ username: 'ann', credential: sign('ann', 'a guess') })],
		['nobody', () => ({ username: '', credential: '' })]
	])('forged ones are refused: %s', async (_what, forge) => {
		expect(await allocate(forge(credentials()))).toBe(UNAUTHORIZED);
	});

	const sign = (username: string, secret: string) =>
		createHmac('sha1', secret).update(username).digest('base64');
});

describe('deploy/turnserver.conf relays to no machine but browsers', () => {
	const permit = (family: 'IPv4' | 'IPv6', ip: string) =>
		asClient(credentials(), async (client) => {
			expect(await client.allocate(family)).toBe(TAKEN);
			return client.permit(ip);
		});

	test.each(['8.8.8.8', '193.0.6.139', '168.63.129.17', '127.0.0.1'])('to %s it does', async (ip) => {
		expect(await permit('IPv4', ip)).toBe(TAKEN); // the last one only in the tests
	});

	test.each([
		['this network', '0.0.0.0'],
		['private', '10.0.0.1'],
		['private', '172.16.0.1'],
		['private', '172.31.255.254'],
		['private', '192.168.1.1'],
		['loopback', '127.0.0.2'],
		['behind a carrier’s NAT', '100.64.0.1'],
		['link-local', '169.254.1.1'],
		['metadata', '169.254.169.254'],
		['metadata', '100.100.100.200'],
		['metadata', '168.63.129.16'],
		['multicast', '224.0.0.1'],
		['multicast', '239.255.255.250'],
		['broadcast', '255.255.255.255']
	])('%s: not to %s', async (_what, ip) => {
		expect(await permit('IPv4', ip)).toBe(FORBIDDEN);
	});

	test('by IPv6 it does to a browser', async () => {
		expect(await permit('IPv6', '2a00:1450::1')).toBe(TAKEN);
	});

	test.each([
		['unspecified', '::'],
		['loopback', '::1'],
		['IPv4 within it', '::ffff:127.0.0.1'],
		['IPv4 within it', '::ffff:10.0.0.1'],
		['IPv4 within it, public or not', '::ffff:8.8.8.8'],
		['IPv4 within it', '::10.0.0.1'],
		['IPv4 behind a translator', '64:ff9b::a00:1'],
		['IPv4 in a tunnel', '2002:a00:1::1'],
		['private', 'fd00:ec2::254'],
		['link-local', 'fe80::1'],
		['multicast', 'ff02::1']
	])('%s: not to %s', async (_what, ip) => {
		expect(await permit('IPv6', ip)).toBe(FORBIDDEN);
	});
});

describe('npm run doctor', () => {
	const PROGRAM = fileURLToPath(new URL('../../build/cli.js', import.meta.url));
	let folder: string;
	let strict: TurnServer;
	beforeAll(async () => {
		folder = temporaryFolder('doctor');
		strict = await startTurnServer({ strict: true, alsoIPv6: true, tls: true });
	});
	afterAll(async () => {
		await strict?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	/** @returns its lines about these, and how it ended */
	async function doctor(urls: string[], secret = TURN_SECRET) {
		const { PATH = '', HOME = '' } = process.env;
		const trusted = { NODE_EXTRA_CA_CERTS: strict.certificate ?? '' };
		const settings = { TURN_URLS: urls.join(','), TURN_SECRET: secret, PARLEY_DATA: folder };
		const child = spawn(process.execPath, [PROGRAM, 'doctor'], {
			env: { PATH, HOME, ...trusted, ...(urls.length > 0 ? settings : { PARLEY_DATA: folder }) }
		});
		let said = '';
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
		const code = await new Promise((resolve) => child.once('close', resolve));
		return { code, lines: said.split('\n').filter((line) => /TURN|turns?:/.test(line)) };
	}

	test('says that a TURN server relays, by UDP, TCP and TLS', async () => {
		const urls = [strict.url('udp'), strict.url('tcp'), strict.url('tls')];
		expect(await doctor(urls)).toEqual({ code: 0, lines: urls.map((url) => `ok   ${url} relays`) });
	});

	test('says which one does not, and why', async () => {
		const { code, lines } = await doctor([turn.url('udp'), 'turn:127.0.0.1:9?transport=tcp']);
		expect(code).toBe(1);
		expect(lines).toEqual([
			expect.stringMatching(/^BAD {2}turn:127.*udp does not do: it relays to 127\.0\.0\.1: deny/),
			expect.stringMatching(/^BAD {2}turn:127.*tcp does not do: .*ECONNREFUSED/)
		]);
		const another = await doctor([strict.url('udp')], 'another-secret-of-16');
		expect(another.lines).toEqual([expect.stringMatching(/TURN_SECRET is not its static-auth-secret/)]);
	});

	test('without one says what that costs, and is content', async () => {
		const { code, lines } = await doctor([]);
		expect(code).toBe(0);
		expect(lines).toEqual([expect.stringContaining('no TURN_URLS')]);
	});
});
