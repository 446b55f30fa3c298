import { initTRPC, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z, ZodError } from 'zod';
import { id } from '../../call/core/account';
import { ERRORS, fail, ParleyError, type ErrorDetails, type ErrorKey } from '../../call/core/errors';
import { STREAM_PING_INTERVAL_MS } from '../../call/core/limits';
import { signalSend } from '../../call/core/signal';
import type { Identity } from '../auth/accounts';
import type { Context } from './context';

/** What every failure carries in `data`, whichever way it travels. */
export type FailureData = { key: ErrorKey; details: ErrorDetails };

function describe(error: TRPCError): FailureData {
	const { cause } = error;
	if (cause instanceof ParleyError) return { key: cause.key, details: cause.details };
	if (cause instanceof ZodError) {
		const issue = cause.issues[0];
		return {
			key: 'input/invalid',
			details: { path: issue?.path.join('.') ?? '', problem: issue?.message ?? '' }
		};
	}
	if (error.code === 'INTERNAL_SERVER_ERROR') return { key: 'server/internal', details: {} };
	return { key: 'input/invalid', details: { problem: error.code } };
}

const t = initTRPC.context<Context>().create({
	errorFormatter({ shape, error }) {
		const failure = describe(error);
		// A stream that fails half-way has its failure wrapped as an unknown one, and clients would only try again.
		const code = error.cause instanceof ParleyError ? ERRORS[failure.key].code : error.code;
		const httpStatus = getHTTPStatusCodeFromError(new TRPCError({ code }));
		return {
			code: TRPC_ERROR_CODES_BY_KEY[code],
			// Never an internal message: it may hold SQL, paths or what somebody wrote.
			message: ERRORS[failure.key].message,
			data: { code, httpStatus, path: shape.data.path, ...failure }
		};
	},
	sse: {
		ping: { enabled: true, intervalMs: STREAM_PING_INTERVAL_MS },
		// For programs that use tRPC's own client; our link leaves a silent stream before that.
		client: { reconnectAfterInactivityMs: 2 * STREAM_PING_INTERVAL_MS }
	}
});

/** Rooms throw `ParleyError`; tRPC wants its own, and the outermost middleware has to say so. */
async function inWordsOfTrpc<Result extends { ok: true } | { ok: false; error: TRPCError }>(
	run: () => Promise<Result>
): Promise<Result> {
	const result = await run().catch((error: unknown) => Promise.reject(toTrpcError(error)));
	if (!result.ok && result.error.cause instanceof ParleyError) throw toTrpcError(result.error.cause);
	return result;
}

function toTrpcError(error: unknown): unknown {
	if (!(error instanceof ParleyError)) return error;
	return new TRPCError({ code: ERRORS[error.key].code, message: error.message, cause: error });
}

function requireIdentity({ identity, hasCredentials }: Context): Identity {
	return identity ?? fail(hasCredentials ? 'auth/session-expired' : 'auth/required');
}

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;
export const publicProcedure = t.procedure.use(({ next }) => inWordsOfTrpc(() => next()));

/** Signed in, by session or by personal token. */
export const userProcedure = t.procedure.use(({ ctx, next }) =>
	inWordsOfTrpc(async () => {
		requireIdentity(ctx);
		// Nothing is added but what the type says: a context that is given is copied, property by property.
		return next<{ identity: Identity }>({});
	})
);

/** Signed in by session: what a personal token must not do. */
export const sessionProcedure = userProcedure.use(({ ctx, next }) => {
	if (ctx.identity.via !== 'session') return fail('auth/token-not-allowed');
	return next();
});

/** A room the caller is in. Adds `ctx.membership`. */
export const roomProcedure = userProcedure
	.input(z.object({ roomId: id }))
	.use(async ({ ctx, input, next }) => {
		const membership = await ctx.services.rooms.requireMember(input.roomId, ctx.identity.userId);
		return next({ ctx: { membership } });
	});

/** A call in a room the caller is in. */
export const callProcedure = userProcedure
	.input(z.object({ callId: id }))
	.use(async ({ ctx, input, next }) => {
		await ctx.services.calls.requireVisible(input.callId, ctx.identity.userId);
		return next();
	});

/** One of the caller's own devices. Adds `ctx.device`. */
export const deviceProcedure = userProcedure
	.input(z.object({ deviceId: id }))
	.use(async ({ ctx, input, next }) => {
		const device = await ctx.services.devices.require(input.deviceId, ctx.identity.userId);
		return next({ ctx: { device } });
	});

/**
 * Signals of one of the caller's own devices: what `deviceProcedure` asks, for what is sent a hundred times as often. Each
 * further step of a procedure, its input's too, costs about as much as reading the frame.
 */
export const signalProcedure = t.procedure.input(signalSend).use(({ ctx, input, next }) =>
	inWordsOfTrpc(async () => {
		await ctx.services.devices.require(input.deviceId, requireIdentity(ctx).userId);
		return next();
	})
);
