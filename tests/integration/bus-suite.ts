import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Bus, News, Topic } from '../../src/lib/server/bus/bus';
import type { OpenLine } from '../../src/lib/server/bus/line';
import { MAX_MESSAGE_CHARS } from '../../src/lib/server/bus/message';
import { checkBus, type BusSettings } from '../../src/lib/server/bus/open-bus';
import { createSharedBus } from '../../src/lib/server/bus/shared';
import { startTcpProxy, type TcpProxy } from '../fixtures/tcp-proxy';

/** What carries the news, and what a test does to it from outside. */
export type Carrier = {
	settings(port: number): BusSettings;
	/** A line through this port: the carrier's own, or a proxy's. */
	openLine(port: number): OpenLine;
	port: number;
	/** Says something on the channel that no bus said. */
	shout(text: string): Promise<void>;
	/** Hears everything said on the channel. */
	spy(): Promise<{ messages: string[]; stop: () => Promise<void> }>;
	/** Ends every bus' connection from the other side. @returns how many there were */
	sever(): Promise<number>;
	/** How many connections of buses stand. */
	connections(): Promise<number>;
	close(): Promise<void>;
};

const user = (): Topic => `user:${randomUUID()}`;
const device = (): Topic => `device:${randomUUID()}`;
const call = (callId = randomUUID()): News => ({ type: 'call', callId, version: 1 });
const mailbox = (head: number): News => ({ type: 'mailbox', epoch: 1, head });

/** A bus with what it heard, doubted and said in its log. */
function openListening(open: OpenLine, settings: { othersGoneAfterMs?: number } = {}) {
	const said: string[] = [];
	const log = (level: string) => (_facts: object, text: string) => void said.push(`${level}: ${text}`);
	let sends = 0;
	const counted: OpenLine = async (events) => {
		const line = await open(events);
		return {
			send(messages) {
				// Probes are no news.
				if (messages.some((text) => !text.endsWith(':[]'))) sends += 1;
				return line.send(messages);
			}
		};
	};
	const bus = createSharedBus({
		...settings,
		open: counted,
		log: { debug: log('debug'), info: log('info'), warn: log('warn') }
	});
	const heard: [Topic, News][] = [];
	let doubts = 0;
	bus.subscribeAll((news, topic) => heard.push([topic, news]));
	bus.onDoubt(() => (doubts += 1));
	return { bus, heard, said, doubts: () => doubts, sends: () => sends };
}

type Listening = ReturnType<typeof openListening>;

const until = (check: () => void, timeout = 8_000) => expect.poll(() => tryIt(check), { timeout }).toBe('');
function tryIt(check: () => void): string {
	try {
		check();
		return '';
	} catch (error) {
		return String(error);
	}
}

/** What every bus between servers does, over whatever carries it. */
export function describeSharedBus(name: string, start: () => Promise<Carrier>): void {
	describe(`the bus over ${name}`, () => {
		let carrier: Carrier;
		const opened: Bus[] = [];
		const proxies: TcpProxy[] = [];
		beforeAll(async () => {
			carrier = await start();
		});
		afterAll(() => carrier.close());
		afterEach(async () => {
			for (const proxy of proxies.splice(0)) await proxy.close();
			await Promise.all(opened.splice(0).map((bus) => bus.close()));
		});

		function open(port = carrier.port, settings = {}): Listening {
			const listening = openListening(carrier.openLine(port), settings);
			opened.push(listening.bus);
			return listening;
		}

		async function standing(...all: Listening[]): Promise<void> {
			await until(() => {
				for (const one of all) {
					expect(one.said).toContain('info: the other servers can be heard');
					if (all.length > 1) expect(one.said).toContain('info: another server is there');
				}
			});
		}

		async function proxied(): Promise<TcpProxy> {
			const proxy = await startTcpProxy(carrier.port);
			proxies.push(proxy);
			return proxy;
		}

		/** Whether news get from the one to the other. What was said while a line was away is lost, so say it again. */
		async function reaches(from: Listening, to: Listening): Promise<void> {
			const topic = user();
			await until(() => {
				from.bus.publish([topic], call());
				expect(to.heard.map(([heard]) => heard)).toContain(topic);
			});
		}

		test('tells its own listeners at once and the others once', async () => {
			const [a, b, c] = [open(), open(), open()];
			await standing(a, b, c);
			const [topic, other] = [user(), user()];
			const mine: News[] = [];
			const stop = b.bus.subscribe([topic], (news) => mine.push(news));
			const [first, last] = [call(), call()];
			a.bus.publish([topic, other], first);
			expect(a.heard).toEqual([
				[topic, first],
				[other, first]
			]);
			await until(() => expect(b.heard).toEqual(a.heard));
			stop();
			b.bus.publish([topic], last);
			// The last one came all the way, so nothing before it is still on its way: no echo, nothing twice.
			for (const one of [a, b, c]) {
				await until(() =>
					expect(one.heard).toEqual([
						[topic, first],
						[other, first],
						[topic, last]
					])
				);
			}
			expect(mine).toEqual([first]);
		});

		test('keeps each topic in its publisher’s order', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			const topics = [user(), user(), user()];
			const told: Record<string, News[]> = Object.fromEntries(topics.map((topic) => [topic, []]));
			for (let i = 0; i < 300; i++) {
				const topic = topics[i % 3] as Topic;
				const news = call();
				told[topic]?.push(news);
				a.bus.publish([topic], news);
				if (i % 7 === 0) await new Promise((resolve) => setTimeout(resolve, i % 3));
			}
			await until(() => expect(b.heard).toHaveLength(300));
			for (const topic of topics) {
				expect(b.heard.filter(([heard]) => heard === topic).map(([, news]) => news)).toEqual(told[topic]);
			}
		});

		test('gathers a burst: one flush in flight, of one mailbox only the newest head', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			const spy = await carrier.spy();
			const [busy, quiet] = [device(), device()];
			for (let head = 1; head <= 500; head++) a.bus.publish([busy], mailbox(head));
			a.bus.publish([quiet], mailbox(1));
			await until(() =>
				expect(b.heard).toEqual([
					[busy, mailbox(500)],
					[quiet, mailbox(1)]
				])
			);
			expect(a.sends()).toBe(1);
			expect(spy.messages.filter((text) => text.includes('mailbox'))).toHaveLength(1);
			await spy.stop();

			// Over many turns of the loop, what comes during a flush goes with the next one.
			const before = a.sends();
			let published = 0;
			for (let turn = 0; turn < 50; turn++) {
				for (let i = 0; i < 20; i++) a.bus.publish([device()], mailbox(++published));
				await new Promise((resolve) => setImmediate(resolve));
			}
			await until(() => expect(b.heard).toHaveLength(2 + published));
			expect(a.sends() - before).toBeLessThanOrEqual(50);
		});

		test('says nothing once nobody is there to hear it', async () => {
			const a = open(carrier.port, { othersGoneAfterMs: 1_500 });
			await standing(a);
			const spy = await carrier.spy();
			const probes = () => spy.messages.filter((text) => text.endsWith(':[]')).length;
			const saidBetweenProbes = async () => {
				const [before, at] = [a.sends(), probes()];
				a.bus.publish([user()], call());
				await until(() => expect(probes()).toBeGreaterThan(at));
				return a.sends() > before;
			};
			// For all it knows there may be others, at first.
			expect(await saidBetweenProbes()).toBe(true);
			await expect.poll(saidBetweenProbes, { timeout: 9_000 }).toBe(false);
			await spy.stop();

			const b = open();
			await standing(a, b);
			await reaches(a, b);
		});

		test('splits what is too large for one message, and loses none of it', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			const spy = await carrier.spy();
			const members = Array.from({ length: 1_000 }, user);
			const news = call();
			a.bus.publish(members, news);
			await until(() => expect(b.heard).toEqual(members.map((topic) => [topic, news])));
			expect(a.sends()).toBe(1);
			const parts = spy.messages.filter((text) => text.includes('call'));
			expect(parts.length).toBeGreaterThan(4);
			expect(Math.max(...parts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(
				MAX_MESSAGE_CHARS
			);
			await spy.stop();
		});

		test('ignores what is not ours, and reads what it knows beside what it does not', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			const [topic, known] = [user(), call()];
			const entry = JSON.stringify([[topic], known]);
			for (const text of [
				'',
				'hello',
				'000000000000:',
				'000000000000:{',
				'000000000000:null',
				'000000000000:{"a":1}',
				`000000000000:[${'[],'.repeat(600)}[]]`,
				`000000000000:${'['.repeat(7_000)}`,
				'x'.repeat(7_999),
				'000000000000:[[["user:a b"],{"type":"closed"}]]',
				`000000000000:[[["${topic}"],{"type":"call","callId":"x","version":1}]]`,
				`000000000000:[[["${topic}"],{"type":"newer","than":"us"}],${entry}]`
			]) {
				await carrier.shout(text);
			}
			await until(() => expect(b.heard).toEqual([[topic, known]]));
			expect(b.said.filter((line) => line.includes('not ours'))).toHaveLength(12);
			await reaches(a, b);
			expect(b.said.filter((line) => line.startsWith('warn'))).toEqual([]);
		});

		test('a listener that throws harms neither the others nor the line', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			const topic = user();
			b.bus.subscribe([topic], () => {
				throw new Error('a bug of ours');
			});
			a.bus.publish([topic], call());
			await until(() => expect(b.said).toContain('warn: a listener of the bus failed'));
			await reaches(a, b);
			expect(b.doubts()).toBe(1);
		});

		test('a connection that is ended from the other side: doubt, and it works again', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			expect([a.doubts(), b.doubts()]).toEqual([1, 1]);
			expect(await carrier.sever()).toBeGreaterThanOrEqual(2);
			// Once when it broke, once when it stood again: what was told in between is missing.
			await until(() => expect([a.doubts(), b.doubts()]).toEqual([3, 3]));
			await reaches(a, b);
			await reaches(b, a);
			// The operator hears of an outage once.
			expect(b.said.filter((line) => line.startsWith('warn: no way'))).toHaveLength(1);
		});

		test('a blackholed connection: doubt within 3 s, and it works again', async () => {
			const proxy = await proxied();
			const [a, b] = [open(), open(proxy.port)];
			await standing(a, b);
			const since = performance.now();
			proxy.blackhole();
			await until(() => expect(b.doubts()).toBe(2));
			expect(performance.now() - since).toBeLessThan(3_000);
			// Meanwhile nobody waits, and what is said there is lost, not kept for later.
			const [lost, local] = [user(), b.heard.length];
			for (let i = 0; i < 1_000; i++) b.bus.publish([lost], call());
			expect(b.heard).toHaveLength(local + 1_000);
			proxy.restore();
			await until(() => expect(b.doubts()).toBe(3));
			await reaches(a, b);
			await reaches(b, a);
			expect(a.heard.map(([topic]) => topic)).not.toContain(lost);
			expect(a.doubts()).toBe(1);
		});

		test('away at the start: works alone, and joins the others when it can', async () => {
			const proxy = await proxied();
			proxy.refuse(true);
			const [a, b] = [open(), open(proxy.port)];
			b.bus.publish([user()], call());
			expect(b.heard).toHaveLength(1);
			await until(() => expect(b.said.join()).toMatch(/warn: no way.*debug: still no way/));
			expect(b.doubts()).toBe(0);
			proxy.refuse(false);
			await standing(a, b);
			expect(b.doubts()).toBe(1);
			await reaches(a, b);
		});

		test.each(['standing', 'opening', 'blackholed', 'refused'])(
			'closed while %s it leaves nothing',
			async (state) => {
				const proxy = await proxied();
				const handles = () => process.getActiveResourcesInfo();
				// The proxy's own two ends of a connection are not the bus'.
				const sockets = () => handles().filter((kind) => kind === 'TCPSocketWrap').length - proxy.sockets();
				const others = () => handles().filter((kind) => kind !== 'TCPSocketWrap').length;
				await carrier.connections();
				const before = { sockets: sockets(), others: others() };
				if (state === 'refused') proxy.refuse(true);
				if (state === 'opening') proxy.blackhole();
				const one = openListening(carrier.openLine(proxy.port));
				if (state === 'standing' || state === 'blackholed') await standing(one);
				if (state === 'blackholed') proxy.blackhole();
				await until(() => expect(proxy.accepted()).toBeGreaterThan(0));
				one.bus.publish([user()], call());
				const since = performance.now();
				await one.bus.close();
				expect(performance.now() - since).toBeLessThan(1_000);
				one.bus.publish([user()], call());
				await until(() => expect(sockets()).toBeLessThanOrEqual(before.sockets));
				await until(() => expect(others()).toBeLessThanOrEqual(before.others));
				proxy.cut();
				await expect.poll(() => carrier.connections()).toBe(0);
			}
		);

		test('the operator’s check: whether a message comes back, or why not', async () => {
			const proxy = await proxied();
			await checkBus(carrier.settings(proxy.port));
			await expect.poll(() => carrier.connections()).toBe(0);
			proxy.refuse(true);
			await expect(checkBus(carrier.settings(proxy.port))).rejects.toThrow(/./);
			proxy.refuse(false);
			proxy.blackhole();
			await expect(checkBus(carrier.settings(proxy.port))).rejects.toThrow(/within|time/i);
		});

		test('what was published last is heard although the bus closes', async () => {
			const [a, b] = [open(), open()];
			await standing(a, b);
			const topic = user();
			a.bus.publish([topic], call());
			await a.bus.close();
			await until(() => expect(b.heard.map(([heard]) => heard)).toEqual([topic]));
		});
	});
}
