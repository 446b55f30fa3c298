import { error, fail, redirect } from '@sveltejs/kit';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import type { TRPCError } from '@trpc/server';
import { ERRORS, type ErrorDetails, type ErrorKey } from '$lib/call/core/errors';
import { durationLabel } from '$lib/ui/time';
import { signInPath } from './next-path';

/** Failures that belong beside a field. */
const FIELD_OF: Partial<Record<ErrorKey, string>> = {
	'auth/username-taken': 'username',
	'auth/weak-password': 'password',
	'user/not-found': 'username',
	'user/not-yourself': 'username'
};

/** What a form shows after a refusal. */
export type Refusal = {
	/** Which of the page's forms. */
	form: string;
	/** What was typed; never a password. */
	values: Record<string, string>;
	/** Field name -> what is wrong with it. */
	fields: Record<string, string>;
	/** What is wrong with the whole. */
	problem: string;
};

type Cause = { key?: unknown; details?: ErrorDetails; issues?: { path: PropertyKey[]; message: string }[] };

/** By shape, not by class: in production the server and its pages are two bundles, each with its own classes. */
function isApiError(thrown: unknown): thrown is TRPCError & { cause?: Cause } {
	return thrown instanceof Error && thrown.name === 'TRPCError';
}

function keyOf(thrown: TRPCError & { cause?: Cause }): ErrorKey | null {
	const key = thrown.cause?.key;
	return typeof key === 'string' && Object.hasOwn(ERRORS, key) ? (key as ErrorKey) : null;
}

function sayWhy(key: ErrorKey, details: ErrorDetails | undefined): string {
	const wait = details?.retryAfterMs;
	if (key === 'auth/too-many-attempts' && typeof wait === 'number') {
		return `Too many attempts. Try again in ${durationLabel(wait)}.`;
	}
	return ERRORS[key].message;
}

/** Turns what an API call threw into what the form shows. Anything that is no refusal goes on its way. */
export function refuse(thrown: unknown, form: string, url: URL, values: Record<string, string> = {}) {
	if (!isApiError(thrown)) throw thrown;
	const key = keyOf(thrown);
	if (key === 'auth/required' || key === 'auth/session-expired') redirect(303, signInPath(url));
	const refusal: Refusal = { form, values, fields: {}, problem: '' };
	const status = getHTTPStatusCodeFromError(thrown);
	if (key) {
		const words = sayWhy(key, thrown.cause?.details);
		const field = FIELD_OF[key];
		if (field) refusal.fields[field] = words;
		else refusal.problem = words;
		return fail(status, refusal);
	}
	const issues = thrown.cause?.issues;
	if (!issues) throw thrown;
	for (const { path, message } of issues) refusal.fields[String(path[0])] ??= message;
	return fail(status, refusal);
}

/** Asks the API for what a page shows; what fails becomes that page's error, or the way to sign in. */
export async function load<T>(asked: Promise<T>, url: URL): Promise<T> {
	try {
		return await asked;
	} catch (thrown) {
		if (!isApiError(thrown)) throw thrown;
		const key = keyOf(thrown);
		if (key === 'auth/required' || key === 'auth/session-expired') redirect(303, signInPath(url));
		if (key === null && thrown.code !== 'BAD_REQUEST') throw thrown;
		// An id that could be none looks like one that is not there.
		if (key === null) error(404, 'There is no such page.');
		error(getHTTPStatusCodeFromError(thrown), { message: ERRORS[key].message, key });
	}
}

/** A form's fields as strings. */
export async function readForm<Name extends string>(
	request: Request,
	...names: Name[]
): Promise<Record<Name, string>> {
	const data = await request.formData();
	const entries = names.map((name) => [name, data.get(name)] as const);
	return Object.fromEntries(
		entries.map(([name, value]) => [name, typeof value === 'string' ? value : ''])
	) as Record<Name, string>;
}
