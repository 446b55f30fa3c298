import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { ParleyError } from '../../src/lib/call/core/errors';
import type { Cursor, DeliveredSignal } from '../../src/lib/call/core/signal';
import { fromBody, sendOf, type Server } from './mailbox-world';

/** `server` is 0 or 1; `from` and `to` are indexes of devices. */
export type Command = { server: number; to: number } & (
	| { type: 'send'; from: number; count: number }
	/** The same numbers again, as after an answer that never came. */
	| { type: 'repeat'; from: number; back: number; count: number }
	/** A number too far ahead. */
	| { type: 'skip'; from: number; ahead: number }
	/** The server reads on for its reader; `lost`: the answer never reaches the device. */
	| { type: 'read'; limit: number; lost: boolean }
	| { type: 'ack'; behind: number }
	| { type: 'ack-past-head' }
	| { type: 'ack-other-epoch' }
	| { type: 'sweep' }
	| { type: 'expire' }
);

/** What one sender knows of its way into one mailbox. A number always stands for the same signal. */
type Way = { lastTaken: number; lastUsed: number; taken: Set<number> };

/** The device: it applies only cursor + 1 and knows nothing else. */
type Receiver = {
	cursor: Cursor;
	/** Per epoch, what it applied: `sender#n`. */
	applied: Map<number, string[]>;
	/** Per epoch, the highest seq it has ever acknowledged, noted before the ack is sent. */
	acked: Map<number, number>;
	/** Per epoch, the highest head that a wake-up told of. */
	heads: Map<number, number>;
	/** What was ever shown under `epoch:seq`, to anybody. */
	shown: Map<string, string>;
	/** One reader on each server, with a cursor of its own and one read at a time. */
	readers: { cursor: Cursor; busy: Promise<void> }[];
	raises: number;
};

/**
 * Senders, mailboxes and readers on two servers, and what must be true of them whatever happens.
 *
 * The senders do what a client does (numbers in order, repetitions with the same content), but without waiting
 * for answers; the device gets what both readers bring, in any order.
 */
export class MailboxModel {
	readonly seen = { taken: 0, repeated: 0, refused: 0, applied: 0, epochs: 0, swept: 0 };
	readonly #servers: readonly Server[];
	readonly #callId: string;
	readonly #deviceIds: readonly string[];
	readonly #ways = new Map<string, Way>();
	readonly #receivers = new Map<number, Receiver>();
	readonly #stops: (() => void)[] = [];

	constructor(servers: readonly Server[], callId: string, deviceIds: readonly string[]) {
		this.#servers = servers;
		this.#callId = callId;
		this.#deviceIds = deviceIds;
	}

	close(): void {
		for (const stop of this.#stops) stop();
	}

	/** Runs these at the same time, each on its own server. */
	async runTogether(commands: readonly Command[]): Promise<void> {
		const together = commands.filter(({ type }) => type !== 'ack-past-head');
		await Promise.all(together.map((command) => this.#run(command)));
		// Only one who has taken everything may say "everything".
		for (const command of commands) {
			if (command.type === 'ack-past-head') await this.#ackPastHead(command);
		}
		// What was refused was not used: the sender goes on behind what was taken.
		for (const way of this.#ways.values()) way.lastUsed = way.lastTaken;
		for (const [to, receiver] of this.#receivers) await this.#checkMailbox(to, receiver);
	}

	/** Reads everything there is, then checks the promise. */
	async settle(): Promise<void> {
		for (const [to, receiver] of this.#receivers) {
			await this.#drain(to);
			this.#checkPromise(to, receiver);
		}
	}

	async #run(command: Command): Promise<void> {
		const { to } = command;
		const server = this.#server(command.server);
		const receiver = this.#receiver(to);
		switch (command.type) {
			case 'send': {
				const way = this.#way(command.from, to);
				const firstN = way.lastUsed + 1;
				way.lastUsed += command.count;
				return this.#send(command, firstN, command.count);
			}
			case 'repeat': {
				const firstN = Math.max(1, this.#way(command.from, to).lastUsed - command.back);
				return this.#send(command, firstN, command.count);
			}
			case 'skip':
				return this.#send(command, this.#way(command.from, to).lastUsed + 1 + command.ahead, 1);
			case 'read':
				return this.#read(to, command.server, command.limit, command.lost);
			case 'ack': {
				const { epoch, seq } = receiver.cursor;
				return this.#ack(server, to, { epoch, seq: Math.max(0, seq - command.behind) });
			}
			case 'ack-other-epoch':
				await server.signals.ack(this.#id(to), { epoch: receiver.cursor.epoch + 1_000, seq: 99 });
				if (receiver.cursor.epoch === 1) return;
				return server.signals.ack(this.#id(to), { epoch: receiver.cursor.epoch - 1, seq: 99 });
			case 'sweep':
				return this.#sweep(server, to);
			case 'expire':
				return this.#expire(server, to);
			case 'ack-past-head':
		}
	}

	// --- senders ----------------------------------------------------------------------------------------

	async #send(command: { server: number; from: number; to: number }, firstN: number, count: number) {
		const { from, to } = command;
		if (from === to) return;
		const way = this.#way(from, to);
		const texts = Array.from({ length: count }, (_, at) => `${from}#${firstN + at}`);
		const path = { callId: this.#callId, from: this.#id(from), to: this.#id(to) };
		const answer = await this.#server(command.server)
			.signals.send(sendOf(path, firstN, ...texts))
			.catch((error: unknown) => error);
		if (answer instanceof ParleyError) {
			expect(answer.key).toBe('signal/gap');
			expect(answer.details.wanted).toBeLessThanOrEqual(firstN + count - 1);
			this.seen.refused += 1;
			return;
		}
		if (answer instanceof Error) throw answer;
		const { outcomes } = answer as Awaited<ReturnType<Server['signals']['send']>>;
		expect(outcomes.map(({ n }) => n)).toEqual(texts.map((_, at) => firstN + at));
		for (const { n, status } of outcomes) {
			this.seen[status] += 1;
			if (status === 'repeated') continue;
			expect(way.taken.has(n), `${from}#${n} taken twice`).toBe(false);
			way.taken.add(n);
			way.lastTaken = Math.max(way.lastTaken, n);
		}
	}

	// --- readers ----------------------------------------------------------------------------------------

	#read(to: number, serverIndex: number, limit: number, lost = false): Promise<void> {
		const receiver = this.#receiver(to);
		const reader = receiver.readers[serverIndex]!;
		reader.busy = reader.busy.then(async () => {
			const before = reader.cursor;
			const read = await this.#server(serverIndex).signals.read(this.#id(to), before, limit);
			this.#checkRead(receiver, before, limit, read);
			if (lost) {
				reader.cursor = receiver.cursor; // the stream broke: it resumes where the device is
				return;
			}
			const last = read.signals.at(-1);
			if (last) reader.cursor = { epoch: last.epoch, seq: last.seq };
			else if (read.epoch !== before.epoch) reader.cursor = { epoch: read.epoch, seq: 0 };
			this.#deliver(receiver, read.epoch, read.signals);
		});
		return reader.busy;
	}

	/** What a reader is shown begins right behind its cursor, has no hole, and ends at the head. */
	#checkRead(
		receiver: Receiver,
		before: Cursor,
		limit: number,
		{ epoch, head, signals }: { epoch: number; head: number; signals: DeliveredSignal[] }
	): void {
		expect(epoch, 'an epoch never goes back').toBeGreaterThanOrEqual(before.epoch);
		const start = epoch === before.epoch ? before.seq : 0;
		const acked = Math.min(head, receiver.acked.get(epoch) ?? 0);
		const first = signals[0]?.seq ?? head + 1;
		expect(first, 'nothing is shown twice').toBeGreaterThan(start);
		if (signals.length > 0 || head > start) {
			expect(first - 1, 'only what was acknowledged is passed over').toBeLessThanOrEqual(
				Math.max(start, acked)
			);
		}
		expect(
			signals.map((one) => [one.epoch, one.seq]),
			'a hole'
		).toEqual(signals.map((_, at) => [epoch, first + at]));
		if (signals.length > 0 && signals.length < limit) expect(signals.at(-1)?.seq).toBe(head);
		for (const one of signals) {
			const text = `${this.#deviceIds.indexOf(one.fromDeviceId)}|${fromBody(one.envelope.body)}`;
			const place = `${epoch}:${one.seq}`;
			expect(receiver.shown.get(place) ?? text, `${place} is one signal`).toBe(text);
			receiver.shown.set(place, text);
		}
	}

	#deliver(receiver: Receiver, epoch: number, signals: readonly DeliveredSignal[]): void {
		if (epoch > receiver.cursor.epoch) receiver.cursor = { epoch, seq: 0 };
		for (const { seq, envelope } of signals) {
			if (epoch !== receiver.cursor.epoch || seq <= receiver.cursor.seq) continue;
			expect(seq, 'only cursor + 1 can be applied').toBe(receiver.cursor.seq + 1);
			receiver.cursor = { epoch, seq };
			const applied = receiver.applied.get(epoch) ?? [];
			receiver.applied.set(epoch, [...applied, fromBody(envelope.body)]);
			this.seen.applied += 1;
		}
	}

	async #drain(to: number): Promise<void> {
		const receiver = this.#receiver(to);
		for (const [index, reader] of receiver.readers.entries()) {
			const head = await this.#server(index).signals.head(this.#id(to));
			for (;;) {
				const { epoch, seq } = reader.cursor;
				await this.#read(to, index, 100);
				if (reader.cursor.epoch === epoch && reader.cursor.seq === seq) break;
			}
			expect(receiver.cursor, 'everything up to the head was there to take').toEqual(head);
		}
	}

	// --- acks, sweeps, expiries ---------------------------------------------------------------------------

	#ack(server: Server, to: number, cursor: Cursor): Promise<void> {
		const { acked } = this.#receiver(to);
		acked.set(cursor.epoch, Math.max(acked.get(cursor.epoch) ?? 0, cursor.seq));
		return server.signals.ack(this.#id(to), cursor);
	}

	async #ackPastHead({ server, to }: Command): Promise<void> {
		await this.#drain(to);
		const { cursor } = this.#receiver(to);
		await this.#ack(this.#server(server), to, { epoch: cursor.epoch, seq: cursor.seq + 7 });
		const [mailbox] = await this.#server(server).sql`select acked from mailboxes where id = ${this.#id(to)}`;
		expect(mailbox?.acked).toBe(cursor.seq);
		// From here on the ack is what the head made of it.
		this.#receiver(to).acked.set(cursor.epoch, cursor.seq);
	}

	/** More than a minute passes for what is acknowledged, then it goes. */
	async #sweep({ db, signals }: Server, to: number): Promise<void> {
		await db.transaction(async (tx) => {
			await tx.execute(sql`select from mailboxes where id = ${this.#id(to)} for update`);
			await tx.execute(sql`
				update signals set expires_at = expires_at - interval '2 minutes' from mailboxes m
				where m.id = ${this.#id(to)} and mailbox_id = m.id and signals.epoch = m.epoch and seq <= m.acked
			`);
		});
		this.seen.swept += await signals.sweep();
	}

	/** 30 s pass for the oldest unacked signal; then what the sweeper does. */
	async #expire({ db, signals }: Server, to: number): Promise<void> {
		const receiver = this.#receiver(to);
		await db.execute(sql`
			update signals set expires_at = clock_timestamp() - interval '1 second' from mailboxes m
			where m.id = ${this.#id(to)} and mailbox_id = m.id and signals.epoch = m.epoch and seq = m.acked + 1
		`);
		const found = await signals.findExpired(1_000);
		if (!found.some(({ deviceId }) => deviceId === this.#id(to))) return;
		await db.transaction(async (tx) => {
			if (!(await signals.isExpired(tx, this.#id(to)))) return;
			await signals.raiseEpoch(tx, this.#id(to));
			receiver.raises += 1;
			this.seen.epochs += 1;
		});
	}

	// --- the promise --------------------------------------------------------------------------------------

	/** In the table, between two groups: the highest ack counts, and all behind it is there. */
	async #checkMailbox(to: number, { acked }: Receiver): Promise<void> {
		const [mailbox] = await this.#server(0).sql<
			{ epoch: number; acked: number; unread: number; there: number }[]
		>`
			select epoch, acked, head - acked as unread, (
				select count(*)::int from signals s where s.mailbox_id = m.id and s.epoch = m.epoch and s.seq > m.acked
			) as there
			from mailboxes m where id = ${this.#id(to)}`;
		expect(mailbox?.acked, 'acked').toBe(acked.get(mailbox?.epoch ?? 0) ?? 0);
		expect(mailbox?.there, 'rows behind the ack').toBe(mailbox?.unread);
	}

	#checkPromise(to: number, receiver: Receiver): void {
		const { cursor, applied, heads, raises } = receiver;
		expect(cursor.epoch, 'an epoch rises only when it is raised').toBe(1 + raises);

		// Every signal that was acknowledged to its sender has a place in exactly one epoch.
		const taken = [...this.#ways].flatMap(([key, way]) => (key.endsWith(`>${to}`) ? [...way.taken] : []));
		const placed = [...heads.values()].reduce((sum, head) => sum + head, 0);
		expect(placed).toBe(taken.length);

		// Of each epoch the device applied a beginning; of the one that stands, all.
		for (const [epoch, texts] of applied) expect(texts.length).toBeLessThanOrEqual(heads.get(epoch) ?? 0);
		expect(applied.get(cursor.epoch)?.length ?? 0).toBe(heads.get(cursor.epoch) ?? 0);

		for (let from = 0; from < this.#deviceIds.length; from++) {
			const way = this.#way(from, to);
			let last = 0;
			for (const [epoch, texts] of [...applied].sort(([a], [b]) => a - b)) {
				const numbers = texts
					.filter((text) => text.startsWith(`${from}#`))
					.map((text) => Number(text.split('#')[1]));
				const [first] = numbers;
				if (first === undefined) continue;
				expect(first, 'once, and in order').toBeGreaterThan(last);
				// Numbers pass over nothing, except what went with an epoch.
				if (epoch === 1) expect(first).toBe(1);
				expect(numbers).toEqual(numbers.map((_, at) => first + at));
				for (const n of numbers) expect(way.taken).toContain(n);
				last = first + numbers.length - 1;
			}
			// Numbers that the mailbox took are 1, 2, … without a gap.
			expect([...way.taken].sort((a, b) => a - b)).toEqual(Array.from(way.taken, (_, at) => at + 1));
			if (raises === 0) expect(last, 'with no epoch raised, everything arrived').toBe(way.taken.size);
		}
	}

	// --- what is where --------------------------------------------------------------------------------------

	#server(index: number): Server {
		return this.#servers[index]!;
	}

	#id(device: number): string {
		return this.#deviceIds[device]!;
	}

	#way(from: number, to: number): Way {
		const key = `${from}>${to}`;
		const way = this.#ways.get(key) ?? { lastTaken: 0, lastUsed: 0, taken: new Set<number>() };
		this.#ways.set(key, way);
		return way;
	}

	#receiver(to: number): Receiver {
		const known = this.#receivers.get(to);
		if (known) return known;
		const start = { epoch: 1, seq: 0 };
		const receiver: Receiver = {
			cursor: start,
			applied: new Map(),
			acked: new Map(),
			heads: new Map(),
			shown: new Map(),
			readers: this.#servers.map(() => ({ cursor: start, busy: Promise.resolve() })),
			raises: 0
		};
		for (const { bus } of this.#servers) {
			this.#stops.push(
				bus.subscribe([`device:${this.#id(to)}`], (news) => {
					if (news.type !== 'mailbox') return;
					receiver.heads.set(news.epoch, Math.max(receiver.heads.get(news.epoch) ?? 0, news.head));
				})
			);
		}
		this.#receivers.set(to, receiver);
		return receiver;
	}
}
