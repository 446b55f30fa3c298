import { isPolite } from '../core/negotiation';
import { MAX_COUNT, type PeerReport } from '../core/connection-report';
import { compareNames, kindOf, type ConnectionName, type SignalBody } from '../core/signal-body';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import { createPeerConnection, type PeerConnectionOptions, type Tracks } from '../media/peer-connection';
import { attemptOf, hasRelay, mostInVain } from './peer-attempts';
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

type Peer = ConnectionName & {
	readonly deviceId: string;
	/** When each of us joined: who left and came back has another connection. */
	readonly joins: string;
	readonly link: PeerLink;
	/** ICE restarts of the connections that it took the place of. */
	readonly restartsBefore: number;
};

const FETCH_RETRY_MS = 500;
const MAX_FETCH_RETRY_MS = 5_000;

/**
 * A connection is named by both device ids, both mailbox epochs and the attempt. When either epoch rises, signals may have been
 * lost, so both sides discard it and negotiate anew; so they do when one of them has given it up, with the next attempt. Signals of
 * the one before are recognised and dropped.
 */
export function createPeerMesh(deps: PeerMeshDeps): PeerMesh {
	const connect = deps.connect ?? createPeerConnection;
	const report = deps.report ?? (() => undefined);
	const peers = new Map<string, Peer>();
	/** Devices that we were connected to once. */
	const reached = new Set<string>();
	/** How many connections took the place of another one since one stood last. */
	const inVain = new Map<string, number>();
	const relayed = hasRelay(deps.iceServers);
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
			inVain.delete(peer.deviceId);
			reached.delete(peer.deviceId);
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
		inVain.delete(device.deviceId);
		open(me, device, { joins, attempt: 0, restartsBefore: 0 });
	}

	function open(
		me: DeviceSnapshot,
		device: DeviceSnapshot,
		place: Pick<Peer, 'joins' | 'attempt' | 'restartsBefore'>
	): void {
		try {
			peers.set(device.deviceId, openPeer(me, device, place));
		} catch (error) {
			// The browser refuses what it was given, such as a malformed ICE server: it would refuse it again.
			const name = error instanceof Error ? error.name : 'unknown error';
			deps.onFailed(`This browser could not open a connection (${name}).`);
		}
	}

	function openPeer(
		me: DeviceSnapshot,
		device: DeviceSnapshot,
		place: Pick<Peer, 'joins' | 'attempt' | 'restartsBefore'>
	): Peer {
		const { deviceId } = device;
		const name: ConnectionName = { mine: me.epoch, theirs: device.epoch, attempt: place.attempt };
		const offersFirst = offersTo(me, device);
		const { iceTransportPolicy, mostRestarts } = attemptOf(place.attempt, relayed);
		const link = createPeerLink({
			connect: (on) => connect({ iceServers: deps.iceServers, iceTransportPolicy, offersFirst, tracks, on }),
			polite: isPolite(deps.deviceId, deviceId),
			offersFirst,
			mostRestarts,
			everConnected: reached.has(deviceId),
			send: (content) => send(deviceId, bodyOf(name, content)),
			onTrack(track) {
				streams.take(deviceId, track);
				deps.onChange();
			},
			onChange: deps.onChange,
			onConnected() {
				inVain.delete(deviceId);
				reached.add(deviceId);
				onConnected();
			},
			onGaveUp(why) {
				lastWhy = why;
				if ((inVain.get(deviceId) ?? 0) < mostInVain(relayed)) tryNext(deviceId);
				else sayWhenFailed();
			},
			report
		});
		return { deviceId, ...name, ...place, link };
	}

	/**
	 * Another connection in the place of one that was given up, here or at the other device.
	 *
	 * @param attempt the one that the other device tries; by default the next, of which it hears from us
	 */
	function tryNext(deviceId: string, attempt?: number): void {
		const peer = peers.get(deviceId);
		const me = call?.devices.find((one) => one.deviceId === deps.deviceId);
		const device = call?.devices.find((one) => one.deviceId === deviceId);
		if (!peer || !me || !device) return;
		report('trying another connection');
		inVain.set(deviceId, (inVain.get(deviceId) ?? 0) + 1);
		const next = attempt ?? peer.attempt + 1;
		drop(peer);
		open(me, device, { ...peer, attempt: next, restartsBefore: restartsOf(peer) });
		// Whose part it is not to offer says only that there is something to offer for.
		if (attempt === undefined && !offersTo(me, device)) {
			send(deviceId, bodyOf({ mine: me.epoch, theirs: device.epoch, attempt: next }, { candidates: [] }));
		}
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
			return peer ? compareNames(body, peer) : 'unknown';
		};
		await catchUp(() => comparison() === 'ahead');
		if (closed) return;
		if (comparison() === 'next') tryNext(fromDeviceId, body.attempt);
		const standing = comparison();
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
		reports: () =>
			[...peers.values()].map((peer) => ({
				deviceId: peer.deviceId,
				...peer.link.facts,
				restarts: restartsOf(peer)
			})),
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

/** Whoever joined later offers. */
const offersTo = (me: DeviceSnapshot, device: DeviceSnapshot): boolean => me.joinOrder > device.joinOrder;

const restartsOf = ({ link, restartsBefore }: Peer): number =>
	Math.min(restartsBefore + link.facts.restarts, MAX_COUNT);

function bodyOf({ mine, theirs, attempt }: ConnectionName, content: PeerContent): SignalBody {
	const common = { v: 1 as const, epochs: { from: mine, to: theirs }, attempt };
	if ('description' in content) return { ...common, description: content.description };
	return { ...common, candidates: [...content.candidates] };
}
