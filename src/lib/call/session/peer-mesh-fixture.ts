import { afterEach, beforeEach, vi } from 'vitest';
import type { SignalBody } from '../core/signal-body';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import { device } from '../core/scene-fixture';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import type { ConnectionStates, PeerConnection, PeerConnectionOptions } from '../media/peer-connection';
import type { Path } from '../media/send-limits';
import { createPeerMesh, type PeerMeshDeps } from './peer-mesh';
import { decodeBody, encodeBody } from './peer-mesh-wire';
import { createShownSizes } from './shown-sizes';

export const CALL = 'c0000000-0000-4000-8000-000000000000';
export const ME = 'b0000000-0000-4000-8000-000000000000';
export const BOB = 'a0000000-0000-4000-8000-000000000000';
export const EVE = 'e0000000-0000-4000-8000-000000000000';

class FakeStream {
	tracks: { kind: string }[] = [];
	addTrack(track: { kind: string }) {
		this.tracks.push(track);
	}
	removeTrack(track: { kind: string }) {
		this.tracks = this.tracks.filter((each) => each !== track);
	}
	getTracks() {
		return this.tracks;
	}
}

/** For every test of the file: its time is the test's, and a stream is a list of tracks. */
export function inFakeBrowser(): void {
	beforeEach(() => {
		vi.useFakeTimers();
		vi.stubGlobal('MediaStream', FakeStream);
	});
	afterEach(() => {
		vi.useRealTimers();
		vi.unstubAllGlobals();
	});
}

/** A connection that does what it is told, and whose states the test moves. */
export class FakeConnection implements PeerConnection {
	readonly log: string[] = [];
	states: ConnectionStates = {
		connectionState: 'new',
		iceConnectionState: 'new',
		iceGatheringState: 'new',
		signalingState: 'stable'
	};
	constructor(readonly options: PeerConnectionOptions) {
		if (options.offersFirst) queueMicrotask(() => options.on({ type: 'negotiation-needed' }));
	}
	async makeOffer() {
		this.log.push('makeOffer');
		return { type: 'offer', sdp: 'v=0' } as const;
	}
	async makeAnswer() {
		this.log.push('makeAnswer');
		return { type: 'answer', sdp: 'v=0' } as const;
	}
	async setRemote(description: { type: string; sdp: string }) {
		this.log.push(`setRemote ${description.type}`);
		if (description.sdp === 'bad')
			throw Object.assign(new Error(description.sdp), { name: 'OperationError' });
	}
	async addCandidate(candidate: { candidate: string } | null) {
		this.log.push(`addCandidate ${candidate?.candidate ?? 'end'}`);
	}
	restartIce() {
		this.log.push('restartIce');
		queueMicrotask(() => this.options.on({ type: 'negotiation-needed' }));
	}
	setTracks() {
		this.log.push('setTracks');
	}
	setIce(ice: PeerConnectionOptions['ice']) {
		this.log.push(`setIce ${ice.iceServers.map(({ username }) => username).join(' ')}`);
	}
	limit({ shown }: Path) {
		if (shown !== null) this.log.push(`limit ${shown}`);
	}
	async getStats() {
		return new Map() as unknown as RTCStatsReport;
	}
	audioLevel() {
		return 0;
	}
	say(text: string) {
		this.log.push(`say ${text}`);
		return this.states.connectionState === 'connected';
	}
	close() {
		this.log.push('close');
	}
	become(connectionState: RTCPeerConnectionState) {
		this.states = { ...this.states, connectionState };
		this.options.on({ type: 'states', states: this.states });
	}
}

export { device };

export function snapshot(
	version: number,
	devices: DeviceSnapshot[],
	over: Partial<CallSnapshot> = {}
): CallSnapshot {
	return {
		id: CALL,
		roomId: CALL,
		roomName: 'room',
		ring: 'ring',
		direct: true,
		kind: 'video',
		phase: 'active',
		version,
		callerId: BOB,
		hostId: BOB,
		startedAt: 0,
		activeAt: 0,
		aloneUntil: null,
		endedAt: null,
		endReason: null,
		failure: null,
		participants: [],
		devices,
		...over
	};
}

export function build(
	connect?: PeerMeshDeps['connect'],
	iceServers: RTCIceServer[] = [],
	iceReady: PeerMeshDeps['iceReady'] = async () => undefined
) {
	const connections: FakeConnection[] = [];
	const sent: { to: string; envelope: SignalEnvelope; body: SignalBody | null }[] = [];
	const deps = {
		callId: CALL,
		deviceId: ME,
		ice: { iceServers, iceTransportPolicy: 'all' as const },
		iceReady,
		send: (to: string, envelope: SignalEnvelope) =>
			sent.push({ to, envelope, body: decodeBody(envelope.kind, envelope.body) }),
		fetchSnapshot: vi.fn<() => Promise<CallSnapshot>>(),
		onChange: vi.fn(),
		onConnected: vi.fn(),
		onFailed: vi.fn(),
		onSaid: vi.fn(),
		onReachable: vi.fn(),
		sizes: createShownSizes(),
		report: vi.fn(),
		connect:
			connect ??
			((options: PeerConnectionOptions) => {
				const connection = new FakeConnection(options);
				connections.push(connection);
				return connection;
			})
	} satisfies PeerMeshDeps;
	return { mesh: createPeerMesh(deps), deps, connections, sent };
}

let seq = 0;
export function signal(
	body: SignalBody | string,
	over: Partial<SignalEnvelope> = {},
	fromDeviceId = BOB
): DeliveredSignal {
	seq += 1;
	const kind = typeof body === 'string' || !('description' in body) ? 'candidates' : body.description.type;
	const envelope: SignalEnvelope = {
		v: 1,
		kind,
		callVersion: 1,
		body: typeof body === 'string' ? body : encodeBody(body),
		...over
	};
	return { epoch: 1, seq, callId: CALL, fromDeviceId, envelope };
}

export const epochs = { from: 1, to: 1 };
export const offerOf = (from: number, to: number, sdp = 'v=0', attempt = 0): SignalBody => ({
	v: 1,
	epochs: { from, to },
	attempt,
	description: { type: 'offer', sdp }
});
export const candidates: SignalBody = {
	v: 1,
	epochs,
	attempt: 0,
	candidates: [{ candidate: 'x', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }, null]
};
export const earlier = [device(BOB, 1), device(ME, 2)];
export const later = [device(ME, 1), device(BOB, 2)];
