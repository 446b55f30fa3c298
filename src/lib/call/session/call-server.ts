import type { Link } from '../../link/link';
import type { DeviceMedia } from '../core/call-state';
import { MAX_WHY_LENGTH, type PeerReport } from '../core/connection-report';
import type { MemberPresence } from '../core/presence';
import type { CallKind, CallSnapshot } from '../core/snapshot';
import type { IceAnswer } from './ice-keeper';

/** The devices a person chose to have on. */
export type MediaChoice = { readonly microphoneEnabled: boolean; readonly cameraEnabled: boolean };

type Someone = { callId: string; userId: string };
/** A device in a call. */
export type InCall = { callId: string; deviceId: string };

/** What a call asks of the server: the few procedures of the whole API that it needs. Each may fail. */
export type CallServer = {
	start(input: { roomId: string; deviceId: string; kind: CallKind } & MediaChoice): Promise<CallSnapshot>;
	accept(input: InCall & MediaChoice): Promise<CallSnapshot>;
	join(input: InCall & MediaChoice & { replaces?: string }): Promise<CallSnapshot>;
	decline(callId: string): Promise<void>;
	leave(at: InCall): Promise<void>;
	end(callId: string): Promise<void>;
	/** To somebody else in the call, as its host. */
	mute(input: Someone): Promise<void>;
	remove(input: Someone): Promise<void>;
	handOver(input: Someone): Promise<void>;
	lowerHand(input: Someone): Promise<void>;
	/** Everybody's, as the call's host. */
	lowerHands(callId: string): Promise<void>;
	/** Alone in it, and waiting on. */
	stay(at: InCall): Promise<void>;
	setMedia(input: InCall & DeviceMedia): Promise<void>;
	setHand(input: InCall & { raised: boolean }): Promise<void>;
	renew(at: InCall): Promise<void>;
	connected(at: InCall): Promise<void>;
	failed(at: InCall & { why: string }): Promise<void>;
	reportConnection(input: InCall & { peers: PeerReport[] }): Promise<void>;
	get(callId: string): Promise<CallSnapshot>;
	iceServers(callId: string): Promise<IceAnswer>;
	/** Of everybody in a room. */
	presence(roomId: string, options: { signal: AbortSignal }): Promise<readonly MemberPresence[]>;
};

/** Nothing depends on a report, and a slow one must not hold a connection that something else waits for. */
const REPORT_TIMEOUT_MS = 5_000;

export function createCallServer({
	calls,
	ice,
	rooms
}: Pick<Link['api'], 'calls' | 'ice' | 'rooms'>): CallServer {
	return {
		start: (input) => calls.start.mutate(input),
		accept: (input) => calls.accept.mutate(input),
		join: (input) => calls.join.mutate(input),
		decline: (callId) => calls.decline.mutate({ callId }),
		leave: (at) => calls.leave.mutate(at),
		end: (callId) => calls.end.mutate({ callId }),
		mute: (input) => calls.mute.mutate(input),
		remove: (input) => calls.remove.mutate(input),
		handOver: (input) => calls.handOver.mutate(input),
		lowerHand: (input) => calls.lowerHand.mutate(input),
		lowerHands: (callId) => calls.lowerHands.mutate({ callId }),
		stay: (at) => calls.stay.mutate(at),
		setMedia: (input) => calls.setMedia.mutate(input),
		setHand: (input) => calls.setHand.mutate(input),
		renew: (at) => calls.renew.mutate(at),
		connected: (at) => calls.connected.mutate(at),
		failed: ({ why, ...at }) => calls.failed.mutate({ ...at, why: why.slice(0, MAX_WHY_LENGTH) }),
		reportConnection: (input) =>
			calls.reportConnection.mutate(input, { signal: AbortSignal.timeout(REPORT_TIMEOUT_MS) }),
		get: (callId) => calls.get.query({ callId }),
		iceServers: (callId) => ice.servers.query({ callId }),
		presence: (roomId, options) => rooms.presence.query({ roomId }, options)
	};
}
