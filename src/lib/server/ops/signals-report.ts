import type { ConnectionReport } from '../../call/core/connection-report';
import type { SignalKind } from '../../call/core/signal';
import type { CallKind, CallPhase, EndReason, InviteState } from '../../call/core/snapshot';

/**
 * What `npm run signals` knows of one moment; `--json` prints exactly this (docs/OPERATING.md). Never a signal's body.
 * Ages and instants are milliseconds by the database's clock.
 */
export type SignalsReport = {
	/** Raised when something in here changes its meaning or goes away; new fields do not raise it. */
	v: 1;
	now: number;
	/** What everything below was narrowed to; null when it is all there is. */
	callId: string | null;
	roomId: string | null;
	/** Signals that their receivers have not acknowledged. */
	waiting: {
		count: number;
		bytes: number;
		oldestMs: number | null;
		/** Past their 30 s: the sweeper raises that mailbox's epoch within a second, so more than a few mean that none runs. */
		overdue: number;
	};
	/** Acknowledged signals whose rows are still there: those of the last minute. */
	taken: number;
	kinds: Record<SignalKind, { waiting: number; taken: number }>;
	/** Mailboxes there are, how many of them were begun anew, and how often in all. */
	mailboxCount: number;
	mailboxesRisen: number;
	epochsRisen: number;
	liveCalls: number;
	/** The mailboxes that hold something, are in a live call, or were begun anew; the longest waiting first. */
	mailboxes: MailboxLine[];
	/** How many more there are of those. */
	moreMailboxes: number;
	/** The last ones that were written, the newest first. */
	signals: SignalLine[];
	/** Of `--call` only. */
	call: CallLine | null;
};

export type MailboxLine = {
	deviceId: string;
	userId: string;
	username: string;
	displayName: string;
	/** The call this device is in, and its room; null when it is in none. */
	callId: string | null;
	roomId: string | null;
	roomName: string | null;
	presence: 'joined' | 'reconnecting' | 'left' | null;
	epoch: number;
	head: number;
	acked: number;
	waiting: number;
	waitingBytes: number;
	oldestMs: number | null;
};

export type SignalLine = {
	kind: SignalKind;
	fromDeviceId: string;
	/** Null when nothing is known of the sender any more. */
	fromName: string | null;
	toDeviceId: string;
	toName: string;
	callId: string;
	epoch: number;
	seq: number;
	bytes: number;
	ageMs: number;
	state: 'waiting' | 'overdue' | 'taken';
};

export type CallLine = {
	callId: string;
	roomId: string;
	roomName: string;
	kind: CallKind;
	phase: CallPhase;
	version: number;
	startedAt: number;
	activeAt: number | null;
	endedAt: number | null;
	endReason: EndReason | null;
	failure: string | null;
	participants: { userId: string; displayName: string; invite: InviteState }[];
	/** Both ends of a connection report it. */
	connections: (ConnectionReport & {
		displayName: string;
		peerDisplayName: string;
		/** Whether both devices are in the call now. */
		present: boolean;
	})[];
};
