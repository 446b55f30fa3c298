import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { LEASE_RENEW_INTERVAL_MS } from '../src/lib/call/core/limits';
import { ACK_INTERVAL_MS } from '../src/lib/link/acks';
import type { BenchPerson } from './database';
import { ENVELOPE, type Dialect, type Party } from './dialects';
import { TrpcSocket } from './trpc-socket';

const media = { microphoneEnabled: true, cameraEnabled: true };

/** One device on an API socket, with its stream standing. */
type Device = { api: TrpcSocket; deviceId: string; party: Party };

/** Signals of one direction: numbered from 1 on, in one call, to one device. */
function sendTo({ api, deviceId, party }: Device, toDeviceId: string, callId: string): void {
	let n = 0;
	const head = `{"callId":"${callId}","deviceId":"${deviceId}","toDeviceId":"${toDeviceId}","firstN":`;
	const tail = `,"signals":[${JSON.stringify(ENVELOPE)}]}`;
	party.send = () => {
		n += 1;
		api.mutate('signals.send', `${head}${n}${tail}`);
	};
	api.onTaken = () => party.onTaken();
	api.onSignal = () => party.onSignal();
}

/** A relay that speaks our API and keeps nothing: any id is a device's. */
export function trpcDialect(base: string): Dialect {
	async function open(): Promise<Device> {
		const api = await TrpcSocket.open(`${base}/trpc`);
		const deviceId = randomUUID();
		await api.follow({ deviceId });
		const party: Party = { send: () => {}, onSignal: () => {}, onTaken: () => {}, close: () => api.close() };
		return { api, deviceId, party };
	}
	return {
		answers: true,
		async openPair() {
			const [a, b] = await Promise.all([open(), open()]);
			const callId = randomUUID();
			sendTo(a, b.deviceId, callId);
			sendTo(b, a.deviceId, callId);
			return [a.party, b.party];
		},
		openIdle: async () => (await open()).party
	};
}

/** The product: people with tokens, devices it knows, in calls that they started and answered. */
export function parleyDialect(base: string, people: BenchPerson[]): Dialect {
	async function open(person: BenchPerson): Promise<Device> {
		const api = await TrpcSocket.open(`${base}/trpc`, { authorization: `Bearer ${person.token}` });
		const { deviceId } = await api.request<{ deviceId: string }>('mutation', 'inbox.open');
		await api.follow({ deviceId });
		// What a client owes: it says how far it has read, and that it is still in its call.
		const acks = setInterval(() => {
			const { seq, acked } = api;
			if (seq === acked) return;
			api.acked = seq;
			void api.request('mutation', 'inbox.ack', { deviceId, cursor: { epoch: 1, seq } });
		}, ACK_INTERVAL_MS);
		const close = () => {
			clearInterval(acks);
			api.close();
		};
		return { api, deviceId, party: { send: () => {}, onSignal: () => {}, onTaken: () => {}, close } };
	}

	function stay({ api, deviceId, party }: Device, callId: string): void {
		const renew = setInterval(
			() => void api.request('mutation', 'calls.renew', { callId, deviceId }),
			LEASE_RENEW_INTERVAL_MS
		);
		const { close } = party;
		party.close = () => {
			clearInterval(renew);
			close();
		};
	}

	const nextPerson = () => people.pop() ?? raise('There are not enough people.');
	return {
		answers: true,
		async openPair() {
			const [ann, bob] = [nextPerson(), nextPerson()];
			const [a, b] = await Promise.all([open(ann), open(bob)]);
			const room = await a.api.request<{ id: string }>('mutation', 'rooms.openDirect', {
				username: bob.username
			});
			const call = await a.api.request<{ id: string }>('mutation', 'calls.start', {
				roomId: room.id,
				deviceId: a.deviceId,
				kind: 'video',
				...media
			});
			const there = { callId: call.id, deviceId: b.deviceId };
			await b.api.request('mutation', 'calls.accept', { ...there, ...media });
			for (const device of [a, b]) stay(device, call.id);
			// Without this an accepted call has failed after a while.
			await b.api.request('mutation', 'calls.connected', there);
			sendTo(a, b.deviceId, call.id);
			sendTo(b, a.deviceId, call.id);
			return [a.party, b.party];
		},
		openIdle: async () => (await open(nextPerson())).party
	};
}

/** Nothing but the insert that durability costs at least: one row a statement, one statement a transaction. */
export function postgresDialect(url: string): Dialect {
	const sql = postgres(url, { max: 10 });
	const body = Buffer.from(ENVELOPE.body, 'base64');
	return {
		answers: false,
		async openPair() {
			const [a, b]: [Party, Party] = [newParty(), newParty()];
			const insert = (to: Party) =>
				void sql`
					insert into signals (to_device_id, from_device_id, body) values (${randomUUID()}, ${randomUUID()}, ${body})
				`.then(() => to.onSignal());
			a.send = () => insert(b);
			b.send = () => insert(a);
			return [a, b];
		},
		openIdle: async () => newParty()
	};
}

const newParty = (): Party => ({
	send: () => {},
	onSignal: () => {},
	onTaken: () => {},
	close: () => {}
});

function raise(why: string): never {
	throw new Error(why);
}
