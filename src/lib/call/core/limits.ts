/** Numbers that both sides of the wire must agree on. Units are in the names. */

/** A signal nobody acknowledged for this long takes its whole mailbox epoch with it. */
export const SIGNAL_LIFETIME_MS = 30_000;
/** One send carries at most this many signals, or this many bytes of bodies, whichever comes first. */
export const MAX_SIGNALS_PER_SEND = 32;
export const MAX_SEND_BYTES = 32 * 1024;
/** A mailbox that holds more unacknowledged signals than this raises its epoch. */
export const MAX_MAILBOX_SIGNALS = 1_000;
export const MAX_MAILBOX_BYTES = 4 * 1024 * 1024;

/** A device in a call renews its lease this often; silence for the lease makes it `reconnecting`. */
export const LEASE_RENEW_INTERVAL_MS = 10_000;
export const LEASE_LIFETIME_MS = 20_000;

/** A stream that has nothing to bring says so this often; whoever hears nothing for longer takes it for dead. */
export const STREAM_PING_INTERVAL_MS = 5_000;

/** The end of the year 9999, Unix milliseconds: a later instant has no spelling that the database takes. */
export const LAST_INSTANT = 253_402_300_799_999;

/** The longest a poll may wait on the server for something to say. */
export const MAX_POLL_WAIT_MS = 25_000;

export const MIN_DO_NOT_DISTURB_MS = 60_000;
export const MAX_DO_NOT_DISTURB_MS = 7 * 24 * 60 * 60 * 1000;

export const MAX_MESSAGE_LENGTH = 4_000;
export const MAX_ROOM_NAME_LENGTH = 80;
export const MAX_DISPLAY_NAME_LENGTH = 60;
export const MAX_USERNAME_LENGTH = 32;
export const MIN_USERNAME_LENGTH = 3;
export const MIN_PASSWORD_LENGTH = 10;
export const MAX_PASSWORD_LENGTH = 256;
export const MAX_TOKEN_NAME_LENGTH = 60;
export const MAX_TOKENS_PER_USER = 50;
/** Browsers of one person that ring while they are closed. The oldest makes room. */
export const MAX_PUSH_SUBSCRIPTIONS_PER_USER = 10;
export const MAX_ROOM_MEMBERS = 500;
export const MAX_MESSAGES_PER_PAGE = 100;
