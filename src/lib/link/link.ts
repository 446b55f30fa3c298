import type { CallSnapshot } from '../call/core/snapshot';
import type { RoomHead, RoomMessage, Standing, ViewerState } from '../call/core/inbox';
import type { DeliveredSignal, SignalEnvelope } from '../call/core/signal';
import type { ErrorKey } from '../call/core/errors';
import type { OfferedRung } from '../call/core/rung';
import type { ApiClient } from './api';
import type { Choice } from './choice';

/** Which way signals reach this device just now. `none`: not registered yet, or the server is out of reach. */
export type Rung = OfferedRung | 'none';

export type LinkStatus = {
	readonly rung: Rung;
	/** Since when, Unix milliseconds on this device's clock. */
	readonly since: number;
	/** Why this rung and not a higher one, and whether it was chosen, for a person; '' when there is nothing to say. */
	readonly why: string;
};

/** What the link tells its listeners. Signals come once each, in order, without holes within an epoch. */
export type LinkNews =
	/** This page is a device now (again, under a new id, when the server forgot the old one). */
	| { type: 'device'; deviceId: string }
	/** Everything anew; what is absent has ended. */
	| { type: 'state'; state: ViewerState }
	| { type: 'call'; call: CallSnapshot }
	| ({ type: 'standing' } & Standing)
	| { type: 'room'; room: RoomHead; message: RoomMessage | null }
	| { type: 'room-gone'; roomId: string }
	| { type: 'signal'; signal: DeliveredSignal }
	/** Our own mailbox began anew: every signal not yet seen is void. */
	| { type: 'epoch'; epoch: number }
	| { type: 'status'; status: LinkStatus }
	/** The server will not take our signals of this call to that device (it left, or its mailbox is full). */
	| { type: 'send-refused'; toDeviceId: string; callId: string; key: ErrorKey }
	/** The session is over: the page must sign in again. */
	| { type: 'signed-out' };

export interface Link {
	readonly api: ApiClient;
	/** This page's device id; null before the server answered. */
	readonly deviceId: string | null;
	readonly status: LinkStatus;
	/** Registers the device and begins to read. Safe to call once. */
	start(): void;
	stop(): void;
	/** @returns a function that stops listening */
	listen(listener: (news: LinkNews) => void): () => void;
	/** Queues a signal. Signals to one device arrive once and in this order, or not at all after `send-refused`. */
	sendSignal(callId: string, toDeviceId: string, envelope: SignalEnvelope): void;
	/** Holds the link to one rung from now on, or gives it the whole ladder back. */
	choose(choice: Choice): void;
	/** A page in a call is reached as well as can be, also while it is hidden. */
	setInCall(on: boolean): void;
}
