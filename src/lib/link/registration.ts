import type { ErrorKey } from '../call/core/errors';
import type { Cursor } from '../call/core/signal';
import { Acks } from './acks';
import { OVER_SOCKET, type ApiClient } from './api';
import { OutboxRunner } from './outbox-runner';
import { newReader, type Reader } from './reader';

/** What belongs to one registration at the server. All of it is replaced when the server forgets the device. */
export type Registration = {
	readonly deviceId: string;
	reader: Reader;
	/** Of the last state that a poll brought; absent after a stream, which brings no tags. */
	stateTag: string | undefined;
	readonly acks: Acks;
	readonly outbox: OutboxRunner;
};

export type RegistrationOptions = {
	api: ApiClient;
	deviceId: string;
	cursor: Cursor;
	random: () => number;
	socketStands: () => boolean;
	onRefused: (toDeviceId: string, callId: string, key: ErrorKey) => void;
	onRejected: (key: ErrorKey) => void;
};

export function createRegistration(options: RegistrationOptions): Registration {
	const { api, deviceId, cursor, random } = options;
	return {
		deviceId,
		reader: newReader(cursor),
		stateTag: undefined,
		acks: new Acks(cursor, (at) => api.inbox.ack.mutate({ deviceId, cursor: at }), random),
		outbox: new OutboxRunner({
			...options,
			async send(toDeviceId, signals, way, signal) {
				const [first] = signals;
				if (!first) return;
				await api.signals.send.mutate(
					{
						deviceId,
						toDeviceId,
						callId: first.callId,
						firstN: first.n,
						signals: signals.map(({ envelope }) => envelope)
					},
					{ signal, ...(way === 'socket' ? { context: OVER_SOCKET } : {}) }
				);
			}
		})
	};
}
