import { randomUUID } from 'node:crypto';
import { newCandidates, newDescription, type CallBody } from './call-bodies';
import type { Callers } from './calls-load';
import { openSocket } from './frames';
import { Incoming } from './incoming';

type Message = { kind: 'ring' | 'accept' | 'end' } | { kind: 'signal'; body: CallBody };

/** A call as apps on a socket.io relay make one: the server passes messages on and knows nothing of calls. */
export function socketIoCallers(base: string, { batched }: { batched: boolean }): () => Promise<Callers> {
	async function open(id: string) {
		const incoming = new Incoming<Message>();
		let welcome = () => {};
		const welcomed = new Promise<void>((resolve) => (welcome = resolve));
		const url = `${base}/socket.io/?EIO=4&transport=websocket&id=${id}`;
		const socket = await openSocket(url, (text, socket) => {
			if (text === '2') socket.send('3');
			else if (text.startsWith('0')) socket.send('40');
			else if (text.startsWith('40')) welcome();
			else incoming.push((JSON.parse(text.slice(2)) as [string, { signal: Message }])[1].signal);
		});
		await welcomed;
		return {
			/** The next one of this kind; `bodies` of them, for signals. */
			async receive(kind: Message['kind'], count = 1): Promise<void> {
				for (let i = 0; i < count; i++) await incoming.next((message) => message.kind === kind);
			},
			send: (to: string, signal: Message) => socket.send(`42${JSON.stringify(['signal', { to, signal }])}`)
		};
	}

	return async () => {
		const [annId, bobId] = [randomUUID(), randomUUID()];
		const [ann, bob] = await Promise.all([open(annId), open(bobId)]);
		const signal = (body: CallBody): Message => ({ kind: 'signal', body });
		return {
			async setUp() {
				ann.send(bobId, { kind: 'ring' });
				await bob.receive('ring');
				bob.send(annId, { kind: 'accept' });
				await ann.receive('accept');

				const candidates = { ann: newCandidates({ batched }), bob: newCandidates({ batched }) };
				bob.send(annId, signal(newDescription('offer')));
				for (const body of candidates.bob) bob.send(annId, signal(body));
				await ann.receive('signal');
				ann.send(bobId, signal(newDescription('answer')));
				for (const body of candidates.ann) ann.send(bobId, signal(body));
				await Promise.all([
					ann.receive('signal', candidates.bob.length),
					bob.receive('signal', 1 + candidates.ann.length)
				]);

				ann.send(bobId, { kind: 'end' });
				await bob.receive('end');
			}
		};
	};
}
