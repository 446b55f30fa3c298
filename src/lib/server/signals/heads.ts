import type postgres from 'postgres';
import type { Cursor } from '../../call/core/signal';
import type { Bus, News, Topic } from '../bus/bus';
import { RecentMap } from '../bus/recent-map';
import { createLoop } from './check-loop';
import {
	callListeners,
	findLately,
	LONGEST_WINDOW_MS,
	roomListeners,
	type Finding,
	type Listener
} from './lately';

/** What is remembered may be answered from while the last check that was answered began no longer ago. */
const TRUSTED_FOR_MS = 6_000;
/** As long as a finding can come up again: longest window, margin, and the checks in between. */
const REMEMBER_MS = 2 * LONGEST_WINDOW_MS;
/** Of each kind. Whatever is forgotten too early is found, and told, once more. */
const MOST_REMEMBERED = 100_000;
/** A database's clock that is set back by less does no harm: the margin covers it. */
const CLOCK_SLACK_MS = 1_000;
/** Audiences are read for this many calls or rooms at a time: each may have hundreds of members. */
const AUDIENCE_CHUNK = 100;

type HeadsDeps = {
	sql: postgres.Sql;
	bus: Bus;
	/** Devices whose head stays known however long nothing moves. */
	isHeld: (deviceId: string) => boolean;
	onError: (error: unknown) => void;
	now?: () => number;
};

export type Heads = ReturnType<typeof createHeads>;

/** Whether `a` is behind `b`. Epochs only rise, and heads within one. */
const isBehind = (a: Cursor | undefined, b: Cursor): boolean =>
	!a || a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);

/**
 * What this server knows of everything that moves, and the check that keeps it right.
 *
 * It learns from the bus, and every 2 s asks the database what has moved lately. What the bus had not told by then
 * it tells the listeners of this process, as the same news: so the bus may lose anything, at the price of 2 s.
 */
export function createHeads({ sql, bus, isHeld, onError, now = () => performance.now() }: HeadsDeps) {
	const mailboxes = new RecentMap<Cursor>(MOST_REMEMBERED, now);
	/** Calls by version, rooms, memberships and standings by stamp: the highest that was told here. */
	const told = new RecentMap<number>(4 * MOST_REMEMBERED, now);
	const ended = new RecentMap<true>(MOST_REMEMBERED, now);
	const lostListeners: (() => void | Promise<void>)[] = [];

	function noteHead(deviceId: string, head: Cursor): void {
		if (isBehind(mailboxes.get(deviceId), head)) mailboxes.set(deviceId, head);
	}

	const isTold = (key: string, n: number): boolean => n <= (told.get(key) ?? 0);

	function noteTold(key: string, n: number): void {
		if (n > (told.get(key) ?? 0)) told.set(key, n);
	}

	const stopHearing = bus.subscribeAll((news: News, topic: Topic) => {
		switch (news.type) {
			case 'mailbox':
				return noteHead(idIn(topic), { epoch: news.epoch, seq: news.head });
			case 'call':
				return noteTold(`call:${news.callId}`, news.version);
			case 'room':
				return noteTold(`room:${news.roomId}`, news.stamp);
			case 'membership':
				return noteTold(`${topic} ${news.roomId}`, news.stamp);
			case 'standing':
				return news.changedAt === null ? undefined : noteTold(topic, news.changedAt);
			case 'closed':
				ended.set(topic, true);
				return mailboxes.delete(idIn(topic));
		}
	});

	/** Tells of what was found, unless it is known. @returns the calls and rooms whose audience must be read first */
	function tell(findings: readonly Finding[]) {
		const calls = new Map<string, number>();
		const rooms = new Map<string, number>();
		for (const found of findings) {
			switch (found.kind) {
				case 'mailbox': {
					const { id, epoch, head } = found;
					if (ended.get(`device:${id}`)) break;
					if (!isBehind(mailboxes.get(id), { epoch, seq: head })) break;
					bus.publishHere([`device:${id}`], { type: 'mailbox', epoch, head });
					break;
				}
				case 'call':
					if (!isTold(`call:${found.id}`, found.version)) calls.set(found.id, found.version);
					break;
				case 'room':
					if (!isTold(`room:${found.id}`, found.stamp)) rooms.set(found.id, found.stamp);
					break;
				case 'ending':
					tellEnding(found);
					break;
			}
		}
		return { calls, rooms };
	}

	function tellEnding({ id, roomId, stamp }: Extract<Finding, { kind: 'ending' }>): void {
		const topic = id as Topic;
		if (!topic.startsWith('user:')) {
			if (!ended.get(topic)) bus.publishHere([topic], { type: 'closed' });
		} else if (!isTold(roomId === null ? topic : `${topic} ${roomId}`, stamp)) {
			bus.publishHere(
				[topic],
				roomId === null ? { type: 'standing', changedAt: stamp } : { type: 'membership', roomId, stamp }
			);
		}
	}

	async function tellAudiences(
		kind: 'call' | 'room',
		moved: ReadonlyMap<string, number>,
		read: (sql: postgres.Sql, ids: readonly string[]) => Promise<Listener[]>,
		newsOf: (id: string, n: number) => News
	): Promise<void> {
		const all = [...moved];
		for (let at = 0; at < all.length; at += AUDIENCE_CHUNK) {
			const chunk = all.slice(at, at + AUDIENCE_CHUNK);
			const listeners = await read(
				sql,
				chunk.map(([id]) => id)
			);
			for (const [id, n] of chunk) {
				// The bus, or a check beside this one, told it while the audience was read.
				if (isTold(`${kind}:${id}`, n)) continue;
				const mine = listeners.filter((one) => one.id === id);
				const topics = mine.map(({ userId }): Topic => `user:${userId}`);
				bus.publishHere(topics, newsOf(id, n));
				const missed = mine.filter((one) => one.missed).map(({ userId }): Topic => `user:${userId}`);
				bus.publishHere(missed, { type: 'standing', changedAt: null });
				// One without an audience too, or it would be asked about again and again.
				noteTold(`${kind}:${id}`, n);
			}
		}
	}

	/** The database's clock at the last check that was answered; 0 before the first. */
	let lastAnswer = 0;
	let trustedUntil = -Infinity;
	let doubts = 0;
	let doubtsAnswered = 0;

	/** @param isStale whether this check was given up in the meantime: then it may say nothing any more */
	async function check(isStale: () => boolean = () => false): Promise<void> {
		const doubtsBefore = doubts;
		const begunAt = now();
		const { now: answer, findings } = await findLately(sql, lastAnswer);
		if (isStale()) return;
		const { calls, rooms } = tell(findings);
		await tellAudiences('call', calls, callListeners, (callId, version) => ({
			type: 'call',
			callId,
			version
		}));
		await tellAudiences('room', rooms, roomListeners, (roomId, stamp) => ({ type: 'room', roomId, stamp }));
		if (isStale()) return;

		// Too long ago, or by a clock that has gone back since: more has moved than can be found.
		const isLost =
			lastAnswer > 0 && (answer - lastAnswer > LONGEST_WINDOW_MS || answer < lastAnswer - CLOCK_SLACK_MS);
		if (isLost) {
			mailboxes.clear();
			for (const listener of lostListeners) await listener();
			if (isStale()) return;
		}
		lastAnswer = answer;
		doubtsAnswered = doubtsBefore;
		trustedUntil = begunAt + TRUSTED_FOR_MS;
		mailboxes.prune(REMEMBER_MS, isHeld);
		told.prune(REMEMBER_MS);
		ended.prune(REMEMBER_MS);
	}

	const loop = createLoop({ check, onError, now });
	const stopDoubting = bus.onDoubt(() => {
		doubts += 1;
		// Part of an audience may have missed what another part heard.
		told.clear();
		loop.hurry();
	});

	const isTrusted = (): boolean => doubts === doubtsAnswered && now() < trustedUntil;

	return {
		/** Whether everything that is remembered here is at most a few seconds behind. */
		isTrusted,

		/** How far a mailbox is. Null: ask the database, and `note` what it says. */
		known: (deviceId: string): Cursor | null => (isTrusted() ? (mailboxes.get(deviceId) ?? null) : null),

		/** What the database said of a mailbox. Other readers of it are told, since the check will not do it now. */
		note(deviceId: string, { epoch, seq }: Cursor): void {
			if (!isBehind(mailboxes.get(deviceId), { epoch, seq })) return;
			bus.publishHere([`device:${deviceId}`], { type: 'mailbox', epoch, head: seq });
		},

		/** Whether a session, token or device ended a moment ago: whoever begins to listen now would not hear it. */
		hasEnded: (topic: Topic): boolean => ended.get(topic) === true,

		/**
		 * Hears that more may have moved than was found: after the database was out of reach for long. One after the
		 * other, in the order in which they asked; a failure is tried again with the next check.
		 */
		onLost(listener: () => void | Promise<void>): void {
			lostListeners.push(listener);
		},

		check,
		start: loop.start,
		async stop(): Promise<void> {
			stopDoubting();
			stopHearing();
			await loop.stop();
		}
	};
}

function idIn(topic: Topic): string {
	return topic.slice(topic.indexOf(':') + 1);
}
