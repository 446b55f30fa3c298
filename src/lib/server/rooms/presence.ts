import type { MemberPresence } from '../../call/core/presence';
import { RecentMap } from '../bus/recent-map';
import type { Db } from '../db/client';
import { PresenceKeeper } from './presence-keeper';
import { endPresence, preparePresence, sweepPresence, writePresence } from './presence-rows';

/** Many pages that show one room ask at about the same time: they share an answer. */
const KEPT_FOR_MS = 1_000;
const MOST_KEPT = 1_000;

type Kept = { askedAt: number; answer: Promise<MemberPresence[]> };

/**
 * Who is there. What each server knows of its readers stands in the database, with an end, and whoever asks reads it there: no
 * server has to hear of the others' readers, and one that dies leaves nobody online.
 */
export function createPresence({ db, onError }: { db: Db; onError: (error: unknown) => void }) {
	const keeper = new PresenceKeeper({
		write: (told) => writePresence(db, told),
		end: (serverId) => endPresence(db, serverId),
		onError
	});
	const find = preparePresence(db);
	const kept = new RecentMap<Kept>(MOST_KEPT, () => performance.now());

	return {
		/** Of everybody in a room, as it was at most a second ago. The caller is one of them. */
		async of(roomId: string): Promise<MemberPresence[]> {
			const now = performance.now();
			let found = kept.get(roomId);
			if (!found || now - found.askedAt >= KEPT_FOR_MS) {
				found = { askedAt: now, answer: find(roomId) };
				kept.set(roomId, found);
			}
			try {
				return await found.answer;
			} catch (error) {
				if (kept.get(roomId) === found) kept.delete(roomId);
				throw error;
			}
		},

		/** Keeps somebody online while they read here. @returns what lets go of it */
		hold: (userId: string): (() => void) => keeper.hold(userId),

		sweep(): Promise<void> {
			kept.prune(KEPT_FOR_MS);
			return sweepPresence(db);
		},

		start: (): void => keeper.start(),
		stop: (): Promise<void> => keeper.stop()
	};
}

export type RoomPresence = ReturnType<typeof createPresence>;
