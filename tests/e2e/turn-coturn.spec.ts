import { expect, test, type Page } from '@playwright/test';
import { networkInterfaces } from 'node:os';
import type { CallConnection } from '../../src/lib/call/core/connection-report';
import { accept, callRegion, hideAddress, openStatus } from '../fixtures/call-page';
import { checkConnection, openConnections } from '../fixtures/check-page';
import { expectMedia, openPeople, shareRoom, type BrowserPerson } from '../fixtures/people';
import { startServer, type TestServer } from '../fixtures/server';
import { selectedPair } from '../fixtures/selected-pair';
import { startTurnServer, TURN_SECRET, type TurnServer } from '../fixtures/turn-server';

/** Two people who hide their addresses, through a real coturn: every relay is 127.0.0.1, this machine's own addresses are others. */
const OWN_ADDRESSES = Object.values(networkInterfaces())
	.flatMap((addresses) => addresses ?? [])
	.filter(({ internal }) => !internal)
	.map(({ address }) => address.toLowerCase());

let turn: TurnServer;
test.beforeAll(async () => void (turn = await startTurnServer()));
test.afterAll(() => turn?.close());

for (const transport of ['udp', 'tcp'] as const) {
	test.describe(`a call through coturn over ${transport}`, () => {
		test.describe.configure({ mode: 'serial' });
		let server: TestServer;
		let ann: BrowserPerson;
		let bob: BrowserPerson;
		/** Frames and bodies, both ways, as text. */
		const passed: string[] = [];

		test.beforeAll(async ({ browser }) => {
			server = await startServer({
				TURN_URLS: turn.url(transport),
				TURN_SECRET,
				STUN_URLS: `stun:127.0.0.1:${turn.port}`,
				PARLEY_LIMITS: '100',
				LOG_LEVEL: 'trace'
			});
			[ann, bob] = await openPeople(server.url, browser, ['Ann', 'Bob']);
			for (const { page } of [ann, bob]) {
				listen(page, passed);
				await hideAddress(page);
			}
			await shareRoom(ann, bob, 'Kitchen');
		});
		test.afterAll(async () => {
			await Promise.all([ann?.close(), bob?.close()]);
			await server?.stop();
		});

		test('both see and hear each other, and the status panel says that it is a relay', async () => {
			await ann.page.getByRole('button', { name: 'Start video call' }).click();
			await accept(bob.page);
			await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
			for (const { page } of [ann, bob]) {
				// A packet may be here before the signal that names where it comes from: then that is `prflx`.
				const remote = expect.stringMatching(/^(relay|prflx)$/);
				expect(await selectedPair(page)).toEqual({ local: 'relay', by: transport, remote });
			}
			const panel = await openStatus(ann.page);
			await expect(panel.getByText('relay', { exact: true })).toBeVisible();
			expect(turn.output()).toMatch(/user <\d+:[0-9a-f-]{36}>: incoming packet ALLOCATE processed, success/);
		});

		test('no other candidate was found, and none and no address is in anything sent, stored or logged', async () => {
			const callId = (await server.database.sql<{ id: string }[]>`select id from calls`)[0]?.id ?? '';
			const input = encodeURIComponent(JSON.stringify({ callId }));
			const connections = async () => {
				const answer = await ann.context.request.get(`${server.url}/trpc/calls.connection?input=${input}`);
				return ((await answer.json()) as { result: { data: CallConnection } }).result.data.connections;
			};
			const relaysOnly = { host: 0, srflx: 0, prflx: 0, relay: expect.any(Number) };
			const told = expect.objectContaining({
				path: 'relay',
				candidates: { local: relaysOnly, remote: relaysOnly }
			});
			await expect.poll(connections, { timeout: 10_000 }).toEqual([told, told]);

			const rows = await server.database.sql<{ body: Buffer }[]>`select body from signals`;
			expect(rows.length).toBeGreaterThanOrEqual(4);
			const stored = rows.map(({ body }) => readable(body.toString('utf8'))).join('\n');
			const sent = passed.map(readable).join('\n');
			for (const text of [stored, sent]) {
				const candidates = text.match(/candidate:\d+ [^"\\\r\n]+/g) ?? [];
				expect(candidates.length).toBeGreaterThan(0);
				expect(
					candidates.filter((line) => !/ typ relay raddr (0\.0\.0\.0|::) rport [09] /.test(`${line} `))
				).toEqual([]);
			}
			expect(OWN_ADDRESSES.length).toBeGreaterThan(0);
			for (const text of [stored, sent, readable(server.output())]) {
				expect(text).not.toMatch(/typ (host|srflx|prflx)|\.local\b/);
				for (const address of OWN_ADDRESSES) expect(text.toLowerCase()).not.toContain(address);
			}
		});

		test('the connection check sends bytes from relay to relay, also in a call, and says whose address is hidden', async () => {
			const { page } = ann;
			await page.getByRole('toolbar').getByRole('button', { name: 'Microphone and camera' }).click();
			const before = await openConnections(page);
			const { all, lines } = await checkConnection(page);
			expect(lines).toEqual({
				'Link to the server': expect.stringContaining('Good'),
				'Connections in this browser': expect.stringMatching(/^Not checked .*you hide your network address/),
				'Way out by UDP (STUN)': expect.stringMatching(/^Not checked .*you hide your network address/),
				[`TURN by ${transport.toUpperCase()}`]: expect.stringMatching(/^Good, \d+ ms .*bytes went through/)
			});
			expect(all).toContain('your network address stays hidden');
			expect(turn.output()).toMatch(
				/user <\d+:check:[0-9a-f-]{36}>: incoming packet ALLOCATE processed, success/
			);
			expect(await openConnections(page)).toBe(before);
			expect(await selectedPair(page)).toMatchObject({ local: 'relay', by: transport });
			await page.keyboard.press('Escape');
		});

		if (transport === 'tcp') {
			test('the connection check says that packets get out; and in words what is wrong, when the credentials are or the TURN server is gone', async () => {
				const { page } = bob;
				await page.getByRole('button', { name: 'Leave call' }).click();
				await page.evaluate((key) => localStorage.removeItem(key), 'parley.hide-address');
				await page.goto('/settings');
				await page.getByRole('button', { name: 'Choose and test' }).click();
				const well = await checkConnection(page);
				expect(well.lines).toMatchObject({
					'Connections in this browser': expect.stringContaining('Good'),
					'Way out by UDP (STUN)': expect.stringMatching(/^Good, \d+ ms Packets leave this network/),
					'TURN by TCP': expect.stringContaining('Good')
				});
				expect(well.all).toBe('Calls connect from here, also to people in strict networks.');

				await page.route('**/trpc/ice.check*', async (route) => {
					const answer = await route.fetch();
					const json = (await answer.json()) as { result: { data: IceAnswer } };
					for (const one of json.result.data.iceServers) if (one.username) one.username += '0';
					await route.fulfill({ response: answer, json });
				});
				const refused = await checkConnection(page);
				expect(refused.lines['TURN by TCP']).toMatch(
					/^Failed It refuses the credentials .*\(401\).*TURN_SECRET/
				);
				expect(refused.all).toContain('Calls connect directly where both networks allow it');
				await page.unroute('**/trpc/ice.check*');

				await hideAddress(page);
				await turn.kill();
				await page.getByRole('button', { name: 'Choose and test' }).click();
				const gone = await checkConnection(page);
				expect(gone.lines['TURN by TCP']).toMatch(/^Failed It could not be reached by TCP/);
				expect(gone.all).toContain('Calls will not connect from here while you hide your network address');
				expect(await openConnections(page)).toBe(0);
				await turn.startAgain();
			});
			return;
		}

		test('in a long stay, who looks for a new path after the credentials have run out does it with fresh ones', async () => {
			const { page } = ann;
			await page.getByRole('button', { name: 'Leave call' }).click();
			await expect(callRegion(bob.page)).toBeHidden();
			const given: { username: string; at: number }[] = [];
			// As far as Ann’s page is told, they can be used for two seconds.
			await page.route('**/trpc/ice.servers*', async (route) => {
				const answer = await route.fetch();
				const json = (await answer.json()) as { result: { data: IceAnswer } };
				const { data } = json.result;
				data.expiresAt = data.serverNow + 32_000;
				given.push({ username: data.iceServers.at(-1)?.username ?? '', at: Date.now() });
				await route.fulfill({ response: answer, json });
			});
			await page.getByRole('button', { name: 'Start audio call' }).click();
			await accept(bob.page);
			await expect.poll(() => selectedPair(page)).toMatchObject({ local: 'relay' });
			await expect.poll(() => Date.now() - (given.at(-1)?.at ?? Infinity)).toBeGreaterThan(2_500);

			const before = given.length;
			await page.evaluate(() => window.dispatchEvent(new Event('online')));
			await expect.poll(() => given.length).toBeGreaterThan(before);
			const fresh = given[before]?.username ?? '';
			expect(given.slice(0, before).map(({ username }) => username)).not.toContain(fresh);
			const used = new RegExp(`user <${fresh}>: incoming packet ALLOCATE processed, success`);
			await expect.poll(() => used.test(turn.output())).toBe(true);
			await expect.poll(() => selectedPair(page)).toMatchObject({ local: 'relay' });
			expect(
				await page.evaluate(() => window.observed.peers.at(-1)?.getConfiguration().iceTransportPolicy)
			).toBe('relay');
		});
	});
}

type IceAnswer = { iceServers: { username?: string }[]; expiresAt: number; serverNow: number };

function listen(page: Page, into: string[]): void {
	page.on('websocket', (socket) => {
		socket.on('framesent', ({ payload }) => into.push(payload.toString()));
		socket.on('framereceived', ({ payload }) => into.push(payload.toString()));
	});
	page.on('request', (request) => into.push(request.url(), request.postData() ?? ''));
	page.on('response', async (response) => {
		if (!/json/.test(response.headers()['content-type'] ?? '')) return;
		into.push(await response.text().catch(() => '')); // the page went meanwhile
	});
}

/** With what is in base64 behind it: that is how a signal's body travels. */
function readable(text: string): string {
	const inside = text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? [];
	return [text, ...inside.map((run) => Buffer.from(run, 'base64').toString('latin1'))].join('\n');
}
