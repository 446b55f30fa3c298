import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { TRPCError } from '@trpc/server';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { fail, ParleyError } from '../../call/core/errors';
import { addressKey } from '../auth/address';
import type { Context } from './context';
import { failureResponse, retryAfter } from './failure-response';
import { MAX_BATCH, type Limits } from './limits';
import type { Openings } from './openings';
import type { RequestFacts } from './parley';
import { appRouter } from './router';

const STREAM_PATH = '/trpc/inbox.stream';
const DRAIN_RETRY_MS = 1_000;

type HttpApiDeps = {
	limits: Limits;
	openings: Openings;
	contextOf: (facts: RequestFacts) => Context;
	onError: (failure: { error: TRPCError; path?: string | undefined }) => void;
};

/** Kit's own refusal of a body that has grown past the limit while it came in. */
function isTooLarge(cause: unknown): boolean {
	return cause instanceof Error && 'status' in cause && cause.status === 413;
}

/** Calls `onEnd` once, when the body has been read to its end, has failed, or is not wanted any more. */
function watchBody(response: Response, onEnd: () => void): Response {
	if (!response.body) return response;
	const reader = response.body.getReader();
	const body = new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				const { done, value } = await reader.read();
				if (!done) return controller.enqueue(value);
				controller.close();
			} catch (error) {
				controller.error(error);
			}
			onEnd();
		},
		cancel(reason) {
			onEnd();
			return reader.cancel(reason);
		}
	});
	return new Response(body, response);
}

/** The API over HTTP: counted by who asks, and what waits can be sent elsewhere. */
export function createHttpApi({ limits, openings, contextOf, onError }: HttpApiDeps) {
	const { perIdentity, perAddress, seconds } = limits.requests;
	const identities = new RateLimiterMemory({ points: perIdentity, duration: seconds });
	const addresses = new RateLimiterMemory({ points: perAddress, duration: seconds });

	/** By identity first: nobody is held up by another one behind the same address. */
	async function count({ identity, ip }: RequestFacts, calls: number): Promise<void> {
		try {
			if (identity) await identities.consume(identity.id, calls);
			else await addresses.consume(addressKey(ip), calls);
		} catch (refusal) {
			if (!(refusal instanceof RateLimiterRes)) throw refusal;
			fail('request/too-many', { retryAfterMs: Math.max(1, refusal.msBeforeNext) });
		}
	}

	async function answer(request: Request, facts: RequestFacts): Promise<Response> {
		let tooLarge = false;
		const response = await fetchRequestHandler({
			endpoint: '/trpc',
			req: request,
			router: appRouter,
			maxBatchSize: MAX_BATCH,
			createContext: () => contextOf(facts),
			onError(failure) {
				tooLarge ||= isTooLarge(failure.error.cause);
				onError(failure);
			},
			responseMeta({ errors }) {
				const failed = errors.map(({ cause }) => cause).find((cause) => cause instanceof ParleyError);
				return failed ? { headers: retryAfter(failed.details) } : {};
			}
		});
		// What is still to come is read by Kit and thrown away: whoever is cut off while they write may never read why.
		return tooLarge ? failureResponse('request/too-large') : response;
	}

	/** A query may wait, and a subscription lasts: both must end early when we drain. */
	async function answerHeld(request: Request, facts: RequestFacts): Promise<Response> {
		const controller = new AbortController();
		const leave = () => controller.abort();
		const close = openings.open({ kind: 'request', identity: facts.identity, ip: facts.ip, leave });
		request.signal.addEventListener('abort', leave, { once: true });
		try {
			const response = await answer(new Request(request, { signal: controller.signal }), facts);
			if (response.headers.get('content-type') !== 'application/json') return watchBody(response, close);
			close();
			return response;
		} catch (error) {
			close();
			throw error;
		}
	}

	return async function handleApi(request: Request, facts: RequestFacts): Promise<Response> {
		const { pathname } = new URL(request.url);
		try {
			if (openings.isDraining && pathname === STREAM_PATH) {
				return failureResponse('server/unavailable', { retryAfterMs: DRAIN_RETRY_MS });
			}
			await count(facts, Math.min(MAX_BATCH, pathname.split(',').length));
			if (request.method !== 'GET' || !facts.identity) return await answer(request, facts);
			return await answerHeld(request, facts);
		} catch (error) {
			if (error instanceof ParleyError) return failureResponse(error.key, error.details);
			throw error;
		}
	};
}
