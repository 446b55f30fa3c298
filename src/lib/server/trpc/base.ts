import { initTRPC, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z, ZodError } from 'zod';
import { id } from '../../call/core/account';
import { ERRORS, fail, ParleyError, type ErrorDetails, type ErrorKey } from '../../call/core/errors';
import { STREAM_PING_INTERVAL_MS } from '../../call/core/limits';
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

/** Rooms throw `ParleyError`; tRPC wants its own. */
const mapErrors = t.middleware(async ({ next }) => {
	const result = await next();
	if (!result.ok && result.error.cause instanceof ParleyError) {
		const { cause } = result.error;
		throw new TRPCError({ code: ERRORS[cause.key].code, message: cause.message, cause });
	}
	return result;
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;
export const publicProcedure = t.procedure.use(mapErrors);

/** Signed in, by session or by personal token. */
export const userProcedure = publicProcedure.use(({ ctx, next }) => {
	if (!ctx.identity) return fail(ctx.hasCredentials ? 'auth/session-expired' : 'auth/required');
	return next({ ctx: { ...ctx, identity: ctx.identity } });
});

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
		return next({ ctx: { ...ctx, membership } });
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
		return next({ ctx: { ...ctx, device } });
	});
