import type { TRPCError } from '@trpc/server';
import { ParleyError } from '../call/core/errors';
import { LEASE_LIFETIME_MS } from '../call/core/limits';
import { createAccounts } from './auth/accounts';
import type { Bus } from './bus/bus';
import { createMemoryBus } from './bus/memory';
import { openBus } from './bus/open-bus';
import { createCalls } from './calls/calls';
import type { DbConnection } from './db/client';
import { sweepEndings } from './db/endings';
import type { Env } from './env';
import { createIce } from './ice/ice';
import { createIceCheck } from './ice/ice-check';
import { createInbox } from './inbox/inbox';
import { createOps } from './ops/active-calls';
import type { Logger } from './ops/log';
import { repeat } from './ops/repeat';
import { startSweeper } from './ops/sweeper';
import { createPush } from './push/push';
import { createCallLines } from './rooms/call-lines';
import { createMessages } from './rooms/messages';
import { createPresence } from './rooms/presence';
import { createRooms } from './rooms/rooms';
import { createDevices } from './signals/devices';
import { createHeads } from './signals/heads';
import { createSignals } from './signals/signals';
import { createCallerFactory } from './trpc/base';
import type { Context } from './trpc/context';
import { createHttpApi } from './trpc/http-api';
import { HAND_OVER_MS, limitsTimes } from './trpc/limits';
import { createOpenings } from './trpc/openings';
import type { Parley, RequestFacts } from './trpc/parley';
import { appRouter } from './trpc/router';
import type { Services } from './trpc/services';
import { createSocketServer } from './trpc/socket';

const EXPIRED_AT_ONCE = 100;
/** Well below the five minutes after which a device that nobody saw is swept away. */
const NOTE_SEEN_INTERVAL_MS = 60_000;

/** Puts the rooms together. They do not know each other: what one needs of another is passed in here. */
export function createServices({
	env,
	connection,
	onError,
	bus = createMemoryBus()
}: {
	env: Env;
	connection: DbConnection;
	bus?: Bus;
	/** Hears of what failed with nobody waiting for it. */
	onError: (error: unknown) => void;
}) {
	const { db } = connection;

	const heads = createHeads({
		sql: connection.sql,
		bus,
		isHeld: (deviceId) => devices.isHeld(deviceId),
		onError
	});
	const accounts = createAccounts({ db, bus, trust: heads });
	const devices = createDevices({ db, bus, trust: heads });
	heads.onLost(async () => {
		await accounts.verifyHeld();
		await devices.verifyHeld();
	});
	const rooms = createRooms({
		db,
		bus,
		trust: heads,
		onMemberGone: (tx, gone) => calls.onMemberGone(tx, gone)
	});
	const messages = createMessages({ db, bus, memberIds: rooms.memberIds });
	const callLines = createCallLines({ db, bus, memberIds: rooms.memberIds });
	const presence = createPresence({ db, onError });
	const signals = createSignals({
		db,
		bus,
		onFull: (deviceId) => void resetExpired(deviceId).catch(onError)
	});
	const resetExpired = (deviceId: string) =>
		calls.resetMailbox(deviceId, (tx) => signals.isExpired(tx, deviceId));
	const calls = createCalls({
		db,
		bus,
		settings: {
			ringLifetimeMs: env.ringLifetimeMs,
			reconnectGraceMs: env.reconnectGraceMs,
			leaseLifetimeMs: LEASE_LIFETIME_MS,
			aloneLimitMs: env.aloneLimitMs,
			meshLimit: env.meshLimit,
			ringAtMost: env.ringAtMost
		},
		memberIds: rooms.memberIds,
		endDevices: devices.end,
		raiseEpoch: signals.raiseEpoch
	});
	const ice = createIce(env);
	const iceCheck = createIceCheck({ ice, enabled: env.turnCheck, limitsFactor: env.limitsFactor });
	const push = createPush({ db, settings: env.push });
	const ops = createOps({ db, operators: env.operators });
	const inbox = createInbox({
		bus,
		now: Date.now,
		readMailbox: signals.read,
		mailboxHead: signals.head,
		openLane: signals.openLane,
		knownHead: heads.known,
		noteHead: heads.note,
		hasEnded: heads.hasEnded,
		onLost: heads.onLost,
		holdViewer({ deviceId, userId, identityId }) {
			const releases = [devices.hold(deviceId), accounts.hold(identityId), presence.hold(userId)];
			return () => releases.forEach((release) => release());
		},
		liveCalls: calls.live,
		callFor: calls.snapshot,
		standing: calls.standing,
		roomHeads: rooms.list,
		roomHead: rooms.head,
		messageByN: messages.byN
	});
	const { rungs } = env;
	const services: Services = {
		accounts,
		rooms,
		messages,
		presence,
		calls,
		devices,
		signals,
		inbox,
		ice,
		iceCheck,
		push,
		ops,
		rungs
	};
	return { services, bus, heads, resetExpired, writeCallLines: callLines.write };
}

/** Starts the product on a migrated database. `close` ends all that this began. */
export async function wire(deps: { env: Env; connection: DbConnection; log: Logger }): Promise<Parley> {
	const { env, log } = deps;
	const { services, bus, heads, resetExpired, writeCallLines } = createServices({
		...deps,
		bus: openBus(env.bus, log),
		onError: (error) => log.error({ error }, 'background work failed')
	});
	const { accounts, calls, devices, presence, push, signals } = services;

	let noted = performance.now();
	/** Who only waits asks for nothing: once a minute all of them are noted together. */
	async function noteSeen(): Promise<void> {
		if (performance.now() - noted < NOTE_SEEN_INTERVAL_MS) return;
		noted = performance.now();
		await devices.noteSeen();
		await accounts.noteUsed();
	}

	const sweeper = startSweeper({
		sweepDeadlines: calls.sweepDeadlines,
		writeCallLines,
		forgiveSilence: calls.forgiveSilence,
		async resetExpiredMailboxes() {
			for (const { deviceId } of await signals.findExpired(EXPIRED_AT_ONCE)) {
				await resetExpired(deviceId);
			}
		},
		async sweepRows() {
			await signals.sweep();
			await noteSeen();
			await devices.sweep();
			await calls.sweepConnections();
			await calls.sweepQuality();
			await accounts.sweep();
			await presence.sweep();
			await sweepEndings(deps.connection.db);
		},
		onError: (error) => log.error({ error }, 'sweep failed')
	});

	const pusher = push.openPusher({
		onTrouble: (trouble) => log.warn(trouble, 'a push was not taken'),
		onError: (error) => log.error({ error }, 'push failed')
	});
	const pushing = pusher && repeat(pusher.look);

	heads.start();
	presence.start();

	// Written out, not spread: sockets keep theirs, and should have one shape between them.
	const contextOf = ({ identity, hasCredentials, ip, cookie, mayWrite }: RequestFacts): Context => ({
		services,
		identity,
		hasCredentials,
		ip,
		cookie,
		mayWrite
	});
	const createCaller = createCallerFactory(appRouter);

	function reportError({ error, path }: { error: TRPCError; path?: string | undefined }): void {
		// What a client did wrong is the client's news, not the operator's.
		// A stream that its own session ended comes here with our failure wrapped as an unknown one.
		if (error.code !== 'INTERNAL_SERVER_ERROR' || error.cause instanceof ParleyError) return;
		log.error({ path, error: error.cause ?? error }, 'request failed');
	}

	const limits = limitsTimes(env.limitsFactor);
	const openings = createOpenings({
		limits,
		onIdentityOver(identityId, listener) {
			const release = accounts.hold(identityId);
			const stop = bus.subscribe([`session:${identityId}`], (news) => {
				if (news.type === 'closed') listener();
			});
			// It may have ended between its look-up and now.
			if (heads.hasEnded(`session:${identityId}`)) setImmediate(listener);
			return () => {
				stop();
				release();
			};
		},
		sessionExpiry: accounts.sessionExpiry,
		announceOver: accounts.announceOver,
		onError: (error) => log.error({ error }, 'a session could not be looked up')
	});
	const socketServer = createSocketServer({
		enabled: env.rungs.includes('websocket'),
		origin: new URL(env.origin).origin,
		limits,
		openings,
		authenticate: accounts.authenticate,
		contextOf,
		onError: reportError,
		log
	});

	let ready = true;
	return {
		authenticate: accounts.authenticate,
		createApi: (facts) => createCaller(contextOf(facts)),
		handleApi: createHttpApi({ limits, openings, contextOf, onError: reportError }),
		handleUpgrade: socketServer.handleUpgrade,
		reportError: (error, path) => log.error({ path, error }, 'page failed'),
		isReady: () => ready,
		async drain(withinMs, signal) {
			ready = false;
			await openings.drain(Math.max(0, withinMs - HAND_OVER_MS), withinMs, signal);
		},
		async close() {
			ready = false;
			openings.close();
			await socketServer.close();
			await sweeper.stop();
			await pushing?.stop();
			await pusher?.close();
			await heads.stop();
			await presence.stop();
			await bus.close();
		}
	};
}
