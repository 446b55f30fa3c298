import { DrizzlePostgreSQLAdapter } from '@lucia-auth/adapter-drizzle';
import { and, eq, isNull, lte, type SQL } from 'drizzle-orm';
import { Lucia, TimeSpan, type Adapter } from 'lucia';
import { clock } from '../db/columns';
import type { Db } from '../db/client';
import { noteEndings } from '../db/endings';
import { sessions, users } from '../db/schema';
import { hashSecret, newSecret } from './secrets';

const SESSION_LIFETIME = new TimeSpan(30, 'd');
/** lucia prolongs a session when half of it is over. */
export const SESSION_RENEWED_BEFORE_MS = SESSION_LIFETIME.milliseconds() / 2;

type UserAttributes = Pick<typeof users.$inferSelect, 'username' | 'displayName' | 'deactivatedAt'>;

declare module 'lucia' {
	interface Register {
		Lucia: ReturnType<typeof createLucia>;
		UserId: string;
		DatabaseUserAttributes: UserAttributes;
	}
}

/** Whose session it is, and until when. `renewed`: the cookie must be set again. */
export type OpenSession = {
	id: string;
	userId: string;
	username: string;
	displayName: string;
	expiresAt: number;
	renewed: boolean;
};

/** Every way in which a session goes leads through here, so whatever it holds open hears of it. */
class AnnouncingAdapter extends DrizzlePostgreSQLAdapter {
	readonly #db: Db;
	readonly #onGone: (sessionId: string) => void;

	constructor(db: Db, onGone: (sessionId: string) => void) {
		super(db, sessions, users);
		this.#db = db;
		this.#onGone = onGone;
	}

	override async deleteSession(sessionId: string): Promise<void> {
		await endSessions(this.#db, eq(sessions.id, sessionId), this.#onGone);
	}
}

async function endSessions(db: Db, which: SQL, onGone: (sessionId: string) => void): Promise<void> {
	const gone = await db.transaction(async (tx) => {
		const ended = await tx.delete(sessions).where(which).returning({ id: sessions.id });
		await noteEndings(
			tx,
			ended.map(({ id }) => `session:${id}`)
		);
		return ended;
	});
	for (const { id } of gone) onGone(id);
}

function createLucia(adapter: Adapter): Lucia<Record<never, never>, UserAttributes> {
	return new Lucia(adapter, {
		sessionExpiresIn: SESSION_LIFETIME,
		getUserAttributes: ({ username, displayName, deactivatedAt }) => ({
			username,
			displayName,
			deactivatedAt
		})
	});
}

/**
 * Browser sessions: 30 days, renewed when more than half of them is over. The session's id is the token's
 * hash; the token itself is in the cookie alone.
 *
 * @param onGone called after a session has left the database
 */
export function createSessions(db: Db, onGone: (sessionId: string) => void) {
	const lucia = createLucia(new AnnouncingAdapter(db, onGone));

	return {
		async open(userId: string): Promise<{ id: string; token: string; expiresAt: number }> {
			const token = newSecret();
			const id = hashSecret(token);
			const session = await lucia.createSession(userId, {}, { sessionId: id });
			return { id, token, expiresAt: session.expiresAt.getTime() };
		},

		/** @returns null for an unknown, ended or expired session, and for a deactivated user's */
		async find(sessionId: string): Promise<OpenSession | null> {
			const { session, user } = await lucia.validateSession(sessionId);
			if (!session) return null;
			if (user.deactivatedAt !== null) {
				await lucia.invalidateSession(session.id);
				return null;
			}
			return {
				id: session.id,
				userId: user.id,
				username: user.username,
				displayName: user.displayName,
				expiresAt: session.expiresAt.getTime(),
				renewed: session.fresh
			};
		},

		end: (sessionId: string): Promise<void> => lucia.invalidateSession(sessionId),

		/** @returns Unix milliseconds; null for a session that has ended, or whose user was deactivated */
		async expiryOf(sessionId: string): Promise<number | null> {
			const [row] = await db
				.select({ expiresAt: sessions.expiresAt })
				.from(sessions)
				.innerJoin(users, eq(users.id, sessions.userId))
				.where(and(eq(sessions.id, sessionId), isNull(users.deactivatedAt)));
			return row?.expiresAt.getTime() ?? null;
		},

		/** Removes what has expired without anybody asking for it. */
		sweep: (): Promise<void> => endSessions(db, lte(sessions.expiresAt, clock), onGone)
	};
}
