import { isPolite } from '../core/negotiation';
import type { PeerReport } from '../core/connection-report';
import { compareEpochs, kindOf, type SignalBody, type SignalEpochs } from '../core/signal-body';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import { createPeerConnection, type PeerConnectionOptions, type Tracks } from '../media/peer-connection';
import { createPeerLink, type PeerContent, type PeerLink } from './peer-link';
import { createPeerStreams } from './peer-mesh-streams';
import { decodeBody, encodeBody } from './peer-mesh-wire';
import type { MeasuredStatus } from './peer-status';

export type PeerMeshDeps = {
	callId: string;
	/** Our own device. */
	deviceId: string;
	iceServers: RTCIceServer[];
	send: (toDeviceId: string, envelope: SignalEnvelope) => void;
	fetchSnapshot: () => Promise<CallSnapshot>;
	onChange: () => void;
	/** The first media path of this call stands. Said once. */
	onConnected: () => void;
	/** Nobody in the call can be reached any more; why, in words. */
	onFailed: (why: string) => void;
	/** A line for the log. Never holds SDP or a candidate. */
	report?: (what: string) => void;
	/** How a connection is opened; another one in tests. */
	connect?: (options: PeerConnectionOptions) => ReturnType<typeof createPeerConnection>;
};

export type RemotePeer = {
	readonly deviceId: string;
	/** The same object from the device's first media until it leaves; null before. Tracks in it come and go. */
	readonly stream: MediaStream | null;
	readonly status: MeasuredStatus | null;
};

/** The connections of one call: one per other device in it. */
export type PeerMesh = {
	/** Takes a snapshot; an older one than the last changes nothing. */
	update(call: CallSnapshot): void;
	/** Takes a signal. Signals must come in the order of the mailbox. */
	receive(signal: DeliveredSignal): void;
	/** Sends these to everybody from now on, without negotiation. */
	setTracks(tracks: Tracks): void;
	remotes(): readonly RemotePeer[];
	/** What there is to report of each connection. */
	reports(): PeerReport[];
	/** Looks for new paths now, for example because the network changed. */
	restartIce(): void;
	/** Reads the connections' numbers anew; rates are those since the last time. */
	refreshStatus(): Promise<void>;
	close(): void;
};

type Peer = {
	readonly deviceId: string;
	/** Our epoch and theirs, and when each of us joined: the connection's name. */
	readonly mine: number;
	readonly theirs: number;
	readonly joins: string;
	readonly link: PeerLink;
};

const FETCH_RETRY_MS = 500;
const MAX_FETCH_RETRY_MS = 5_000;

/**
 * A connection is named by both device ids and both mailbox epochs. When either epoch rises, signals may have been
 * lost, so both sides discard it and negotiate anew; signals of the one before are recognised and dropped.
 */
export function createPeerMesh(deps: PeerMeshDeps): PeerMesh {
	const connect = deps.connect ?? createPeerConnection;
	const report = deps.report ?? (() => undefined);
	const peers = new Map<string, Peer>();
	const streams = createPeerStreams();
	const inbox: DeliveredSignal[] = [];
	let tracks: Tracks = { audio: null, video: null };
	let call: CallSnapshot | null = null;
	let draining = false;
	let everConnected = false;
	let saidFailed = false;
	let lastWhy = '';
	let closed = false;
	/** Ends the pause before the snapshot is asked for again. */
	let wake: () => void = () => {};

	function update(next: CallSnapshot): void {
		if (closed || next.id !== deps.callId || (call && next.version < call.version)) return;
		call = next;
		const me = next.devices.find((device) => device.deviceId === deps.deviceId);
		const others = me && next.phase !== 'ended' ? next.devices.filter((device) => device !== me) : [];
		for (const peer of [...peers.values()]) {
			if (others.some((device) => device.deviceId === peer.deviceId)) continue;
			drop(peer);
			streams.forget(peer.deviceId);
		}
		for (const device of others) {
			if (me) ensure(me, device);
			streams.setCameraEnabled(device.deviceId, device.cameraEnabled);
		}
		wake();
		deps.onChange();
		sayWhenFailed();
	}

	/** Keeps the connection to that device, or opens one in place of the one whose epochs have passed. */
	function ensure(me: DeviceSnapshot, device: DeviceSnapshot): void {
		const standing = peers.get(device.deviceId);
		// Who left and joined again has a new connection too, also when we never saw them gone.
		const joins = `${me.joinOrder}:${device.joinOrder}`;
		if (standing?.mine === me.epoch && standing.theirs === device.epoch && standing.joins === joins) return;
		if (standing) {
			report('a mailbox began anew: negotiating again');
			drop(standing);
		}
		try {
			peers.set(device.deviceId, open(me, device, joins));
		} catch (error) {
			// The browser refuses what it was given, such as a malformed ICE server: it would refuse it again.
			const name = error instanceof Error ? error.name : 'unknown error';
			deps.onFailed(`This browser could not open a connection (${name}).`);
		}
	}

	function open(me: DeviceSnapshot, device: DeviceSnapshot, joins: string): Peer {
		const { deviceId } = device;
		const offersFirst = me.joinOrder > device.joinOrder;
		const epochs: SignalEpochs = { from: me.epoch, to: device.epoch };
		const link = createPeerLink({
			connect: (on) => connect({ iceServers: deps.iceServers, offersFirst, tracks, on }),
			polite: isPolite(deps.deviceId, deviceId),
			offersFirst,
			send: (content) => send(deviceId, bodyOf(epochs, content)),
			onTrack(track) {
				streams.take(deviceId, track);
				deps.onChange();
			},
			onChange: deps.onChange,
			onConnected,
			onGaveUp(why) {
				lastWhy = why;
				sayWhenFailed();
			},
			report
		});
		return { deviceId, mine: me.epoch, theirs: device.epoch, joins, link };
	}

	function drop(peer: Peer): void {
		peers.delete(peer.deviceId);
		peer.link.close();
	}

	function send(toDeviceId: string, body: SignalBody): void {
		if (!call) return;
		deps.send(toDeviceId, { v: 1, kind: kindOf(body), callVersion: call.version, body: encodeBody(body) });
	}

	function onConnected(): void {
		saidFailed = false;
		if (everConnected) return;
		everConnected = true;
		deps.onConnected();
	}

	/** One unreachable device of several is no failed call. */
	function sayWhenFailed(): void {
		const all = [...peers.values()];
		const failed = all.length > 0 && all.every((peer) => peer.link.outlook === 'gave-up');
		if (!failed || saidFailed) return;
		saidFailed = true;
		deps.onFailed(lastWhy);
	}

	async function drainInbox(): Promise<void> {
		if (draining) return;
		draining = true;
		for (let signal = inbox[0]; signal && !closed; signal = inbox[0]) {
			await take(signal);
			inbox.shift();
		}
		draining = false;
	}

	async function take(signal: DeliveredSignal): Promise<void> {
		const { envelope, fromDeviceId } = signal;
		await catchUp(() => call === null || envelope.callVersion > call.version);
		const body = decodeBody(envelope.kind, envelope.body);
		if (!body) return report(`dropped: not a body of kind ${envelope.kind}`);
		const comparison = () => {
			const peer = peers.get(fromDeviceId);
			return peer ? compareEpochs(body.epochs, peer.mine, peer.theirs) : 'unknown';
		};
		await catchUp(() => comparison() === 'ahead');
		const standing = comparison();
		if (closed) return;
		if (standing !== 'current')
			return report(`dropped: ${envelope.kind} of a connection that is ${standing}`);
		peers.get(fromDeviceId)?.link.receive(body);
	}

	/** Fetches the snapshot when we are behind. The signals behind this one wait, so that none overtakes it. */
	async function catchUp(isBehind: () => boolean): Promise<void> {
		for (
			let waitMs = FETCH_RETRY_MS;
			!closed && isBehind();
			waitMs = Math.min(waitMs * 2, MAX_FETCH_RETRY_MS)
		) {
			const fetched = await deps.fetchSnapshot().catch(() => null);
			// Still behind after an answer, the writer is wrong and not we: no second question.
			if (fetched) return update(fetched);
			report('the call could not be fetched; asking again');
			await pause(waitMs);
		}
	}

	function pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	return {
		update,
		receive(signal) {
			if (closed || signal.callId !== deps.callId) return;
			inbox.push(signal);
			void drainInbox();
		},
		setTracks(next) {
			tracks = next;
			for (const peer of peers.values()) peer.link.setTracks(next);
		},
		remotes: () =>
			[...peers.values()].map(({ deviceId, link }) => ({
				deviceId,
				stream: streams.get(deviceId),
				status: link.status
			})),
		reports: () => [...peers.values()].map(({ deviceId, link }) => ({ deviceId, ...link.facts })),
		restartIce() {
			for (const peer of peers.values()) peer.link.restartIce();
		},
		async refreshStatus() {
			const reading = [...peers.values()].map((peer) => peer.link.refreshStatus());
			// One that was closed meanwhile has nothing to say.
			await Promise.allSettled(reading);
			if (!closed) deps.onChange();
		},
		close() {
			if (closed) return;
			closed = true;
			for (const peer of [...peers.values()]) drop(peer);
			inbox.length = 0;
			wake();
		}
	};
}

function bodyOf(epochs: SignalEpochs, content: PeerContent): SignalBody {
	if ('description' in content) return { v: 1, epochs, description: content.description };
	return { v: 1, epochs, candidates: [...content.candidates] };
}
