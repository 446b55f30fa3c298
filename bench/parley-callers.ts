import { Agent, request } from 'node:http';
import type { InboxItem } from '../src/lib/call/core/inbox';
import type { SignalEnvelope } from '../src/lib/call/core/signal';
import type { CallSnapshot } from '../src/lib/call/core/snapshot';
import { ACK_INTERVAL_MS } from '../src/lib/link/acks';
import { newCandidates, newDescription, type CallBody } from './call-bodies';
import type { Callers } from './calls-load';
import type { BenchPerson } from './database';
import { Incoming } from './incoming';
import { TrpcSocket } from './trpc-socket';

const media = { microphoneEnabled: true, cameraEnabled: true };

/** Calls as our client makes them: mutations by HTTP, signals and the stream over the WebSocket. */
export function parleyCallers(base: string, people: BenchPerson[]): () => Promise<Callers> {
	const agent = new Agent({ keepAlive: true });

	function post<Data>(person: BenchPerson, path: string, input: object): Promise<Data> {
		return new Promise((resolve, reject) => {
			const body = JSON.stringify(input);
			const headers = {
				authorization: `Bearer ${person.token}`,
				'content-type': 'application/json',
				'content-length': Buffer.byteLength(body)
			};
			request(
				`${base.replace(/^ws/, 'http')}/trpc/${path}`,
				{ agent, method: 'POST', headers },
				(response) => {
					let text = '';
					response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
					response.on('end', () => {
						if (response.statusCode !== 200) reject(new Error(`${path}: ${text}`));
						else resolve((JSON.parse(text) as { result: { data: Data } }).result.data);
					});
				}
			)
				.once('error', reject)
				.end(body);
		});
	}

	async function open(person: BenchPerson) {
		const api = await TrpcSocket.open(`${base}/trpc`, { authorization: `Bearer ${person.token}` });
		const { deviceId } = await api.request<{ deviceId: string }>('mutation', 'inbox.open');
		const calls = new Incoming<CallSnapshot>();
		const signals = new Incoming<true>();
		api.onItem = (text) => {
			const { result } = JSON.parse(text) as { result: { data?: { data: InboxItem } } };
			if (result.data?.data.type === 'call') calls.push(result.data.data.call);
		};
		api.onSignal = () => signals.push(true);
		await api.follow({ deviceId });
		setInterval(() => {
			const { seq, acked } = api;
			if (seq === acked) return;
			api.acked = seq;
			void api.request('mutation', 'inbox.ack', { deviceId, cursor: { epoch: 1, seq } });
		}, ACK_INTERVAL_MS);

		let n = 0;
		return {
			deviceId,
			call: <Data>(path: string, input: object) => post<Data>(person, path, input),
			knows: (callId: string, phase: CallSnapshot['phase']) =>
				calls.next((call) => call.id === callId && call.phase === phase),
			async receive(count: number): Promise<void> {
				for (let i = 0; i < count; i++) await signals.next(() => true);
			},
			/** As the outbox does: the description goes first, what was gathered behind it goes together. */
			async send(toDeviceId: string, { id, version }: CallSnapshot, bodies: CallBody[]): Promise<void> {
				const firstN = n + 1;
				n += bodies.length;
				await api.request('mutation', 'signals.send', {
					callId: id,
					deviceId,
					toDeviceId,
					firstN,
					signals: bodies.map((body) => toEnvelope(body, version))
				});
			}
		};
	}

	return async () => {
		const [annPerson, bobPerson] = [people.pop(), people.pop()];
		if (!annPerson || !bobPerson) throw new Error('There are not enough people.');
		const [ann, bob] = await Promise.all([open(annPerson), open(bobPerson)]);
		const { id: roomId } = await ann.call<{ id: string }>('rooms.openDirect', {
			username: bobPerson.username
		});
		return {
			async setUp() {
				const { id: callId } = await ann.call<CallSnapshot>('calls.start', {
					roomId,
					deviceId: ann.deviceId,
					kind: 'video',
					...media
				});
				await bob.knows(callId, 'ringing');
				await bob.call('calls.accept', { callId, deviceId: bob.deviceId, ...media });
				const call = await ann.knows(callId, 'active');

				// Who joined later offers.
				const bobSends = bob
					.send(ann.deviceId, call, [newDescription('offer')])
					.then(() => bob.send(ann.deviceId, call, newCandidates({ batched: true })));
				await ann.receive(1);
				const annSends = ann
					.send(bob.deviceId, call, [newDescription('answer')])
					.then(() => ann.send(bob.deviceId, call, newCandidates({ batched: true })));
				await Promise.all([bobSends, annSends, ann.receive(1), bob.receive(2)]);

				await Promise.all([
					ann.call('calls.connected', { callId, deviceId: ann.deviceId }),
					bob.call('calls.connected', { callId, deviceId: bob.deviceId })
				]);
				await Promise.all([
					ann.call('calls.leave', { callId, deviceId: ann.deviceId }),
					ann.knows(callId, 'ended'),
					bob.knows(callId, 'ended')
				]);
			}
		};
	};
}

function toEnvelope(body: CallBody, callVersion: number): SignalEnvelope {
	const kind = 'candidates' in body ? 'candidates' : body.description.type;
	return { v: 1, kind, callVersion, body: Buffer.from(JSON.stringify({ v: 1, ...body })).toString('base64') };
}
