import { z } from 'zod';
import {
	MAX_DISPLAY_NAME_LENGTH,
	MAX_MESSAGE_LENGTH,
	MAX_MESSAGES_PER_PAGE,
	MAX_PASSWORD_LENGTH,
	MAX_ROOM_NAME_LENGTH,
	MAX_TOKEN_NAME_LENGTH,
	MAX_USERNAME_LENGTH,
	MIN_PASSWORD_LENGTH,
	MIN_USERNAME_LENGTH
} from './limits';

/**
 * What people type, as forms and routers both check it. Messages are shown beside the field.
 *
 * Postgres refuses U+0000 in a text, and a lone surrogate would come back as another character, so that a
 * repeated message looks like another one: both are turned away here.
 */
const UNSTORABLE = /\0|\p{Surrogate}/u;
export const isStorable = (value: string): boolean => !UNSTORABLE.test(value);
/** Control characters, line separators, and the marks that turn the direction of everything after a name. */
const UNFIT_FOR_NAMES = /[\p{Cc}\p{Surrogate}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;
/** Somebody whose name is only blanks and joiners cannot be told apart, or clicked. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{M}]/u;

/** An id of ours. In lower case, as Postgres answers it: two spellings of one id must not look like two. */
export const id = z.uuid().toLowerCase();

/** Counters are `integer` columns. */
const MAX_N = 2_147_483_647;

function nameOf(what: string, maxLength: number) {
	return z
		.string()
		.trim()
		.min(1, `Enter ${what}.`)
		.max(maxLength, `Use at most ${maxLength} characters.`)
		.refine((value) => !UNFIT_FOR_NAMES.test(value), 'Leave out control characters.')
		.refine((value) => VISIBLE.test(value), 'Use at least one visible character.');
}

export const username = z
	.string()
	.trim()
	.toLowerCase()
	.min(MIN_USERNAME_LENGTH, `Use at least ${MIN_USERNAME_LENGTH} characters.`)
	.max(MAX_USERNAME_LENGTH, `Use at most ${MAX_USERNAME_LENGTH} characters.`)
	.regex(
		/^[a-z0-9][a-z0-9._-]*$/,
		'Use letters a-z, digits, dots, dashes and underscores, beginning with a letter or digit.'
	);

export const displayName = nameOf('a name', MAX_DISPLAY_NAME_LENGTH);
export const roomName = nameOf('a room name', MAX_ROOM_NAME_LENGTH);
export const tokenName = nameOf('a name for the token', MAX_TOKEN_NAME_LENGTH);

export const newPassword = z
	.string()
	.min(MIN_PASSWORD_LENGTH, `Use at least ${MIN_PASSWORD_LENGTH} characters.`)
	.max(MAX_PASSWORD_LENGTH, `Use at most ${MAX_PASSWORD_LENGTH} characters.`);

export const registerInput = z.object({ username, displayName, password: newPassword });

/** Looser than registering: what cannot be a username is simply not right, like a wrong password. */
export const signInInput = z.object({
	username: z
		.string()
		.trim()
		.toLowerCase()
		.min(1, 'Enter your username.')
		.max(MAX_USERNAME_LENGTH, 'The username is too long.')
		.refine(isStorable, 'Leave out control characters.'),
	password: z
		.string()
		.min(1, 'Enter your password.')
		.max(MAX_PASSWORD_LENGTH, `Use at most ${MAX_PASSWORD_LENGTH} characters.`)
});

export const messageBody = z
	.string()
	.trim()
	.min(1, 'Write something first.')
	.max(MAX_MESSAGE_LENGTH, `Use at most ${MAX_MESSAGE_LENGTH} characters.`)
	.refine(isStorable, 'The message holds characters that cannot be kept.');

/** What is looked for in the names of a history. */
export const callSearch = z
	.string()
	.trim()
	.max(MAX_DISPLAY_NAME_LENGTH, `Use at most ${MAX_DISPLAY_NAME_LENGTH} characters.`)
	.refine(isStorable, 'Leave out control characters.');

/** Any word of these letters: a shortened link is "not valid any more", not malformed. */
export const inviteCode = z.string().regex(/^[\w-]{1,64}$/, 'This is not an invite code.');

export const messageNumber = z.int().nonnegative().max(MAX_N);

/** One page of a room's log: the newest, those before a number, or those after one. */
export const messagePage = z
	.object({
		before: messageNumber.optional(),
		after: messageNumber.optional(),
		limit: z.int().positive().max(MAX_MESSAGES_PER_PAGE).default(50)
	})
	.refine((page) => page.before === undefined || page.after === undefined, {
		path: ['after'],
		message: 'Ask for what is before or after, not both.'
	});
