import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { ERRORS, ParleyError, type ErrorDetails, type ErrorKey } from '../../src/lib/call/core/errors';
import { createAccounts, type Identity } from '../../src/lib/server/auth/accounts';
import type { AttemptLimits } from '../../src/lib/server/auth/attempts';
import type { Bus, News, Topic } from '../../src/lib/server/bus/bus';
import { createMemoryBus } from '../../src/lib/server/bus/memory';
import { users } from '../../src/lib/server/db/schema';
import { createMessages } from '../../src/lib/server/rooms/messages';
import { createRooms, type OnMemberGone } from '../../src/lib/server/rooms/rooms';
import { authRouter } from '../../src/lib/server/trpc/auth';
import { createCallerFactory, router } from '../../src/lib/server/trpc/base';
import type { SessionCookie } from '../../src/lib/server/trpc/context';
import { messagesRouter } from '../../src/lib/server/trpc/messages';
import { roomsRouter } from '../../src/lib/server/trpc/rooms';
import type { Services } from '../../src/lib/server/trpc/services';
import { tokensRouter } from '../../src/lib/server/trpc/tokens';
import { testDatabase } from '../fixtures/database';

const createCaller = createCallerFactory(
	router({ auth: authRouter, tokens: tokensRouter, rooms: roomsRouter, messages: messagesRouter })
);

/** A bus that remembers what was said on it. */
function listeningBus(): Bus & { heard: { topic: Topic; news: News }[] } {
	const bus = createMemoryBus();
	const heard: { topic: Topic; news: News }[] = [];
	return {
		...bus,
		heard,
		publish(topics, news) {
			for (const topic of topics) heard.push({ topic, news });
			bus.publish(topics, news);
		}
	};
}

/** A browser's jar with one cookie in it. */
export function cookieJar(): SessionCookie & { token: string | null; expiresAt: number | null } {
	return {
		token: null,
		expiresAt: null,
		set(token, expiresAt) {
			this.token = token;
			this.expiresAt = expiresAt;
		},
		clear() {
			this.token = null;
			this.expiresAt = null;
		}
	};
}

export type Failure = { key: ErrorKey; code: string; details: ErrorDetails };

/** What a client would read of a failure, or null when there was none. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure | null> {
	try {
		await promise;
		return null;
	} catch (error) {
		if (error instanceof ParleyError) {
			return { key: error.key, code: ERRORS[error.key].code, details: error.details };
		}
		if (error instanceof TRPCError && error.cause instanceof ParleyError) {
			return { key: error.cause.key, code: error.code, details: error.cause.details };
		}
		if (error instanceof TRPCError && error.cause instanceof ZodError) {
			return { key: 'input/invalid', code: error.code, details: {} };
		}
		throw error;
	}
}

export const keyOf = async (promise: Promise<unknown>): Promise<ErrorKey | null> =>
	(await failureOf(promise))?.key ?? null;

/** A fresh database with the rooms of the house that know people, and callers of their routers. */
export async function openWorld(options: { limits?: AttemptLimits; onMemberGone?: OnMemberGone } = {}) {
	const { db, drop } = await testDatabase();
	const bus = listeningBus();
	const accounts = createAccounts({ db, bus, ...(options.limits && { limits: options.limits }) });
	const rooms = createRooms({ db, bus, onMemberGone: options.onMemberGone ?? (async () => () => {}) });
	const messages = createMessages({ db, bus, memberIds: rooms.memberIds });
	const services = { accounts, rooms, messages } as Partial<Services> as Services;

	return {
		db,
		bus,
		accounts,
		rooms,
		messages,
		drop,
		/** Calls procedures as this person does; null: nobody is signed in. */
		as: (
			identity: Identity | null,
			{ cookie = null, ip = '' }: { cookie?: SessionCookie | null; ip?: string } = {}
		) => createCaller({ services, identity, hasCredentials: identity !== null, ip, cookie }),
		/** Somebody with an account and an open session, without the cost of a real password. */
		async addPerson(name: string): Promise<Identity> {
			const username = name.toLowerCase();
			const [row] = await db
				.insert(users)
				.values({ username, displayName: name, passwordHash: 'none' })
				.returning({ userId: users.id });
			if (!row) throw new Error('insert returned no row');
			return {
				userId: row.userId,
				username,
				displayName: name,
				via: 'session',
				id: `of-${username}`,
				expiresAt: null
			};
		},
		/** Forgets what was heard so far. */
		hush: () => void bus.heard.splice(0)
	};
}

export type World = Awaited<ReturnType<typeof openWorld>>;
