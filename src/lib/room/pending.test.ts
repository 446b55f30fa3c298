import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoomMessage } from '../call/core/inbox';
import { addMessages, gapAfter, hasEarlier, noteHead, openLog, type MessageLog } from './message-log';
import {
	discard,
	hasNews,
	hear,
	linesOf,
	mark,
	MAX_HEARD_OF_ONE,
	noteOverdue,
	outgoingOf,
	settle,
	write,
	type Pending
} from './pending';

const ME = '00000000-0000-4000-8000-0000000000aa';
const BOB = '00000000-0000-4000-8000-0000000000bb';
const ROOM = '00000000-0000-4000-8000-0000000000ff';

const textOf = (id: string, authorId = BOB) => ({ id, authorId, authorName: 'Bob', body: `text ${id}` });
const mine = (id: string) => ({ id, authorId: ME, body: `text ${id}`, createdAt: 0, inCall: false });
const inRoom = (n: number, id: string, authorId = BOB): RoomMessage => ({
	...textOf(id, authorId),
	roomId: ROOM,
	n,
	createdAt: n,
	call: null
});
const shown = (log: MessageLog, pending: readonly Pending[]) =>
	linesOf(log, pending).map(({ n, body }) => (n === null ? body : `${n}: ${body}`));

describe('what comes by the call', () => {
	test('is shown behind the room’s own, and taken for the same when the room has it', () => {
		let log = addMessages(openLog(0), [inRoom(1, 'a')]);
		const pending = hear([], log, textOf('b'), 5);
		const before = linesOf(log, pending);
		expect(shown(log, pending)).toEqual(['1: text a', 'text b']);
		log = addMessages(log, [inRoom(2, 'b')]);
		expect(shown(log, pending)).toEqual(['1: text a', '2: text b']);
		// The same line: it is not drawn, read aloud or counted again.
		expect(linesOf(log, pending).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
		expect(settle(pending, log)).toEqual([]);
	});

	test('is shown once, however often it is said, and not at all behind the room', () => {
		const log = addMessages(openLog(0), [inRoom(1, 'a')]);
		let pending = hear([], log, textOf('a'), 0);
		expect(pending).toEqual([]);
		for (let n = 0; n < 3; n++) pending = hear(pending, log, textOf('b'), n);
		expect(shown(log, pending)).toEqual(['1: text a', 'text b']);
	});

	test('under an id that somebody else has used is theirs all the same', () => {
		const log = addMessages(openLog(0), [inRoom(1, 'a', ME)]);
		const pending = hear([], log, textOf('a', BOB), 0);
		expect(shown(log, pending)).toEqual(['1: text a', 'text a']);
		expect(settle(write([], mine('x')), addMessages(openLog(0), [inRoom(1, 'x')]))).toHaveLength(1);
	});

	test('and not by the room for long is said to be only there, until the room has it', () => {
		const pending = noteOverdue(hear([], openLog(0), textOf('a'), 0), textOf('a'));
		expect(linesOf(openLog(0), pending)).toMatchObject([{ pending: { onlyInCall: true } }]);
		expect(linesOf(addMessages(openLog(0), [inRoom(1, 'a')]), pending)).toMatchObject([{ pending: null }]);
	});

	test('is kept within bounds, for each author', () => {
		let pending: readonly Pending[] = [];
		for (let n = 0; n < 2 * MAX_HEARD_OF_ONE; n++) pending = hear(pending, openLog(0), textOf(`${n}`), 0);
		expect(pending).toHaveLength(MAX_HEARD_OF_ONE);
		expect(hear(pending, openLog(0), textOf('a', ME), 0)).toHaveLength(MAX_HEARD_OF_ONE + 1);
	});
});

test('only what is not on its way can be given up, and only by its author', () => {
	let pending = write(hear([], openLog(0), textOf('a'), 0), mine('b'));
	expect(discard(discard(pending, 'b'), 'a')).toHaveLength(2);
	pending = mark(pending, 'b', { status: 'waiting' });
	expect(discard(discard(pending, 'b'), 'a')).toMatchObject([{ id: 'a' }]);
});

test('news is what stands at the end and was not read before, by whichever way it came', () => {
	const log = addMessages(openLog(5), [inRoom(4, 'd'), inRoom(5, 'e')]);
	const before = linesOf(log, []);
	const heard = hear([], log, textOf('f'), 0);
	const now = linesOf(log, heard);
	expect(hasNews(before, now)).toBe(true);
	expect(hasNews(now, linesOf(addMessages(log, [inRoom(6, 'f')]), heard))).toBe(false);
	expect(hasNews(before, linesOf(addMessages(log, [inRoom(3, 'c')]), []))).toBe(false);
});

/** One page in a call with Bob, a room behind it, and whatever may come between. */
class World {
	readonly room: RoomMessage[] = [];
	/** What Bob wrote, in the order of writing. */
	readonly bobs: string[] = [];
	/** What this page must show of what came by the call. */
	heard = new Set<string>();
	written = new Set<string>();
	log = openLog(0);
	pending: readonly Pending[] = [];
	kept: readonly Pending[] = [];
	#made = 0;

	newId(): string {
		this.#made += 1;
		return `${this.#made}`;
	}

	change(pending: readonly Pending[]): void {
		this.pending = settle(pending, this.log);
		this.kept = outgoingOf(this.pending).filter(({ status }) => status !== 'sent');
	}

	put(log: MessageLog): void {
		this.log = log;
		this.change(this.pending);
	}

	hear(id: string): void {
		this.heard.add(id);
		this.pending = hear(this.pending, this.log, textOf(id), 0);
	}

	/** The room takes each message once. */
	enter(id: string, authorId: string): RoomMessage {
		const known = this.room.find((one) => one.id === id && one.authorId === authorId);
		if (known) return known;
		const message = inRoom(this.room.length + 1, id, authorId);
		this.room.push(message);
		return message;
	}

	send(outcome: 'taken' | 'answer lost' | 'out of reach'): void {
		const next = outgoingOf(this.pending).find(({ status }) => status !== 'sent');
		if (!next) return;
		if (outcome === 'out of reach') return this.change(mark(this.pending, next.id, { status: 'waiting' }));
		const message = this.enter(next.id, ME);
		if (outcome === 'answer lost') return this.change(mark(this.pending, next.id, { status: 'waiting' }));
		this.change(mark(this.pending, next.id, { status: 'sent' }));
		this.put(addMessages(this.log, [message]));
	}

	fill(): void {
		this.put(noteHead(this.log, this.room.length));
		for (let after = gapAfter(this.log); after !== null; after = gapAfter(this.log)) {
			this.put(addMessages(this.log, this.room.slice(after, after + 2)));
		}
	}

	reload(): void {
		const newest = this.room.slice(-3);
		const kept = this.kept;
		this.log = addMessages(openLog(this.room.length), newest);
		this.heard = new Set();
		this.pending = [];
		for (const { id } of kept) this.pending = write(this.pending, mine(id));
		this.change(this.pending);
	}

	expectSound(): void {
		const lines = linesOf(this.log, this.pending);
		expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
		const numbers = lines.flatMap(({ n }) => n ?? []);
		expect(numbers).toEqual(numbers.map((_, index) => this.log.from + index));
		const seen = lines.map(({ authorId, body }) => `${authorId} ${body}`);
		for (const id of this.heard) expect(seen).toContain(`${BOB} text ${id}`);
		// Until the room has it, and for as long as this page has not paged it away by a reload.
		for (const id of this.written) {
			const message = this.room.find((one) => one.id === id && one.authorId === ME);
			if (!message || message.n >= this.log.from) expect(seen).toContain(`${ME} text ${id}`);
		}
	}
}

type Happening =
	| { type: 'we write' | 'bob writes' | 'reload' | 'fill' | 'page back' | 'bob is reached again' }
	| { type: 'we send'; outcome: 'taken' | 'answer lost' | 'out of reach' }
	| { type: 'bob sends' | 'channel' | 'live' | 'late'; which: number };

function apply(world: World, happening: Happening): void {
	const pick = <Thing>(all: readonly Thing[], which: number) => all[which % Math.max(1, all.length)];
	switch (happening.type) {
		case 'we write': {
			const id = world.newId();
			world.written.add(id);
			return world.change(write(world.pending, mine(id)));
		}
		case 'we send':
			return world.send(happening.outcome);
		case 'bob writes':
			return void world.bobs.push(world.newId());
		case 'bob sends': {
			const id = pick(world.bobs, happening.which);
			return void (id && world.enter(id, BOB));
		}
		case 'channel': {
			const id = pick(world.bobs, happening.which);
			return id ? world.hear(id) : undefined;
		}
		case 'bob is reached again':
			for (const id of world.bobs) if (!world.room.some((one) => one.id === id)) world.hear(id);
			return;
		case 'live': {
			const message = pick(world.room, happening.which);
			return message ? world.put(addMessages(world.log, [message])) : undefined;
		}
		case 'late': {
			const id = pick(world.bobs, happening.which);
			if (id) world.pending = noteOverdue(world.pending, textOf(id));
			return;
		}
		case 'fill':
			return world.fill();
		case 'page back':
			return world.put(
				addMessages(world.log, world.room.slice(Math.max(0, world.log.from - 3), world.log.from - 1))
			);
		case 'reload':
			return world.reload();
	}
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
	fc.record({ type: fc.constantFrom('we write', 'bob writes') }),
	fc.record({ type: fc.constantFrom('reload', 'fill', 'page back', 'bob is reached again') }),
	fc.record({
		type: fc.constant('we send'),
		outcome: fc.constantFrom('taken', 'answer lost', 'out of reach')
	}),
	fc.record({ type: fc.constantFrom('bob sends', 'channel', 'live', 'late'), which: fc.nat({ max: 9 }) })
) as fc.Arbitrary<Happening>;

test('by channel and room in any order, lost, doubled, retried, over reloads: each is shown once, none is lost, the room’s in its order', () => {
	fc.assert(
		fc.property(
			fc.array(happening, { maxLength: 60 }),
			fc.nat({ max: 9 }),
			fc.boolean(),
			(happenings, vanished, bobVanishes) => {
				const world = new World();
				for (const one of happenings) {
					apply(world, one);
					world.expectSound();
				}
				// In the end the server is back. Bob may have gone before all of his was sent.
				const gone = bobVanishes ? world.bobs.slice(vanished) : [];
				for (const id of world.bobs) if (!gone.includes(id)) world.enter(id, BOB);
				while (outgoingOf(world.pending).some(({ status }) => status !== 'sent')) world.send('taken');
				world.fill();
				while (hasEarlier(world.log)) apply(world, { type: 'page back' });
				const all = world.room.map(({ n, id }) => `${n}: text ${id}`);
				const left = shown(world.log, world.pending).slice(all.length);
				expect(shown(world.log, world.pending).slice(0, all.length)).toEqual(all);
				const onlyHeard = [...world.heard].filter((id) => !world.room.some((one) => one.id === id));
				expect(left.toSorted()).toEqual(onlyHeard.map((id) => `text ${id}`).toSorted());
				for (const id of world.written) {
					expect(world.room.filter((one) => one.id === id && one.authorId === ME)).toHaveLength(1);
				}
			}
		),
		{ numRuns: 300 }
	);
});
