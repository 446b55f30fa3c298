import { and, eq, isNull, sql } from 'drizzle-orm';
import { fail } from '../../call/core/errors';
import type { Bus } from '../bus/bus';
import { NO_TRUST, type Trust } from '../bus/remembered';
import { arrayParam } from '../db/arrays';
import { clock } from '../db/columns';
import type { Db } from '../db/client';
import { noteEndings } from '../db/endings';
import { apiTokens, sessions as sessionRows, users } from '../db/schema';
import { createApiTokens, type NewApiToken } from './api-tokens';
import { createAttempts, type AttemptLimits } from './attempts';
import { isWeakPassword } from './common-passwords';
import { createIdentityCache } from './identity-cache';
import { createPasswords } from './password';
import { hashSecret, looksLikeSecret } from './secrets';
import { createSessions, SESSION_RENEWED_BEFORE_MS } from './sessions';

/** Who asks, and by what right. */
export type Identity = {
	userId: string;
	username: string;
	displayName: string;
	via: 'session' | 'token';
	/** The session's id (a hash) or the token's: what `session:<id>` on the bus is about. */
	id: string;
	/** Of a session, Unix milliseconds; a token does not expire. */
	expiresAt: number | null;
};

export type SignedIn = { identity: Identity; token: string; expiresAt: number };

export type Authenticated = {
	identity: Identity;
	/** The session was prolonged: set its cookie again. */
	renewed: { token: string; expiresAt: number } | null;
};

export type Person = { userId: string; username: string; displayName: string };

/** Kept for each socket. Written out, not spread: then all of them have one shape, and each has no shape of its own. */
const identityOf = (
	{ userId, username, displayName }: Person,
	via: Identity['via'],
	id: string,
	expiresAt: number | null
): Identity => ({ userId, username, displayName, via, id, expiresAt });

/** People, their sessions and their personal tokens. Inputs are as `call/core/account` parsed them. */
export function createAccounts({
	db,
	bus,
	trust = NO_TRUST,
	limits
}: {
	db: Db;
	bus: Bus;
	trust?: Trust;
	limits?: AttemptLimits;
}) {
	const closed = (id: string) => bus.publish([`session:${id}`], { type: 'closed' });
	const sessions = createSessions(db, closed);
	const tokens = createApiTokens(db);
	const passwords = createPasswords();
	const attempts = createAttempts(limits);
	const known = createIdentityCache({ bus, trust, renewsBeforeMs: SESSION_RENEWED_BEFORE_MS });

	async function openSession(person: Person): Promise<SignedIn> {
		const { id, token, expiresAt } = await sessions.open(person.userId);
		return { identity: identityOf(person, 'session', id, expiresAt), token, expiresAt };
	}

	return {
		/**
		 * @param ip when given, new accounts are counted by it
		 * @throws {ParleyError} `auth/weak-password`, `auth/username-taken`, `auth/too-many-attempts`
		 */
		async register(input: {
			username: string;
			displayName: string;
			password: string;
			ip?: string;
		}): Promise<SignedIn> {
			const { username, displayName, password, ip } = input;
			if (isWeakPassword(password, username)) fail('auth/weak-password');
			if (ip !== undefined) await attempts.beginRegistration(ip);
			const passwordHash = await passwords.hash(password);
			const [row] = await db
				.insert(users)
				.values({ username, displayName, passwordHash })
				.onConflictDoNothing({ target: users.username })
				.returning({ userId: users.id });
			if (!row) return fail('auth/username-taken');
			return openSession({ userId: row.userId, username, displayName });
		},

		/**
		 * An unknown user, a deactivated one and a wrong password are one answer, after the same time.
		 *
		 * @throws {ParleyError} `auth/wrong-credentials`, `auth/too-many-attempts` with `retryAfterMs`
		 */
		async signIn(input: { username: string; password: string; ip: string }): Promise<SignedIn> {
			const { username, password, ip } = input;
			await attempts.beginSignIn(username, ip);
			const [user] = await db
				.select()
				.from(users)
				.where(and(eq(users.username, username), isNull(users.deactivatedAt)));
			const right = await passwords.verify(user?.passwordHash ?? null, password);
			if (!user || !right) return fail('auth/wrong-credentials');
			await attempts.signedIn(username, ip);
			return openSession({ userId: user.id, username: user.username, displayName: user.displayName });
		},

		/** Ends a session and whatever it holds open. Ending it twice does no harm. */
		signOut: (sessionId: string): Promise<void> => sessions.end(sessionId),

		/**
		 * A personal token, when there is one, decides alone: who sends it means it.
		 *
		 * @returns null for what is unknown, expired or revoked; which of these is nobody's business
		 */
		async authenticate(from: { sessionToken?: string; bearer?: string }): Promise<Authenticated | null> {
			if (from.bearer !== undefined) {
				const hash = tokens.hashOf(from.bearer);
				if (hash === null) return null;
				const identity = await known.byToken(hash, async () => {
					const owner = await tokens.find(hash);
					return owner && identityOf(owner, 'token', owner.id, null);
				});
				return identity && { identity, renewed: null };
			}
			const { sessionToken } = from;
			if (sessionToken === undefined || !looksLikeSecret(sessionToken)) return null;
			const id = hashSecret(sessionToken);
			// Only who asked the database hears that it was prolonged: one new cookie is enough.
			const renewals: Authenticated['renewed'][] = [];
			const identity = await known.bySession(id, async () => {
				const session = await sessions.find(id);
				if (!session) return null;
				const { renewed, expiresAt } = session;
				if (renewed) renewals.push({ token: sessionToken, expiresAt });
				return identityOf(session, 'session', id, expiresAt);
			});
			return identity && { identity, renewed: renewals[0] ?? null };
		},

		/**
		 * Keeps a session or token known for as long as something is open in its name: its end will be heard.
		 *
		 * @returns what lets go of it
		 */
		hold: known.hold,

		/** Notes which tokens are in use; due once a minute. */
		noteUsed: (): Promise<void> => tokens.noteUsed(known.takeUsedTokens()),

		/** Ends whatever is held by sessions and tokens that are over: for when their end could not be heard. */
		async verifyHeld(): Promise<void> {
			const over = await db.execute<{ id: string }>(sql`
				select held.id from unnest(${arrayParam(known.held(), 'text')}) as held (id)
				where not exists (select from sessions where sessions.id = held.id and expires_at > ${clock})
					and not exists (select from api_tokens where api_tokens.id::text = held.id)
			`);
			for (const { id } of over) bus.publishHere([`session:${id}`], { type: 'closed' });
		},

		/** @throws {ParleyError} `token/too-many` */
		createToken: (userId: string, name: string): Promise<NewApiToken> => tokens.create(userId, name),

		listTokens: tokens.list,

		/** @throws {ParleyError} `token/not-found`, also for somebody else's */
		async revokeToken(userId: string, tokenId: string): Promise<void> {
			await tokens.revoke(userId, tokenId);
			closed(tokenId);
		},

		/** @throws {ParleyError} `user/not-found` */
		async findByUsername(username: string): Promise<Person> {
			const [person] = await db
				.select({ userId: users.id, username: users.username, displayName: users.displayName })
				.from(users)
				.where(and(eq(users.username, username), isNull(users.deactivatedAt)));
			return person ?? fail('user/not-found');
		},

		/**
		 * Ends every session and token of this user, and lets them sign in no more. What they wrote and did stays.
		 *
		 * @throws {ParleyError} `user/not-found`, also when it was done before
		 */
		async deactivate(username: string): Promise<void> {
			const gone = await db.transaction(async (tx) => {
				const [user] = await tx
					.update(users)
					.set({ deactivatedAt: clock })
					.where(and(eq(users.username, username), isNull(users.deactivatedAt)))
					.returning({ id: users.id });
				if (!user) return fail('user/not-found');
				const ended = [
					...(await tx
						.delete(sessionRows)
						.where(eq(sessionRows.userId, user.id))
						.returning({ id: sessionRows.id })),
					...(await tx.delete(apiTokens).where(eq(apiTokens.userId, user.id)).returning({ id: apiTokens.id }))
				];
				await noteEndings(
					tx,
					ended.map(({ id }) => `session:${id}`)
				);
				return ended;
			});
			for (const { id } of gone) closed(id);
		},

		/** Until when a session lives, Unix milliseconds; null when it is over. */
		sessionExpiry: (sessionId: string): Promise<number | null> => sessions.expiryOf(sessionId),

		/** Ends whatever a session or token holds open. */
		announceOver: closed,

		/** Ends the sessions that have expired; for the sweeper. */
		sweep: (): Promise<void> => sessions.sweep()
	};
}

export type Accounts = ReturnType<typeof createAccounts>;
