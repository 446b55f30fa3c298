import type { ChannelMessage, TalkMessage } from '../core/channel-message';
import { isPolite } from '../core/negotiation';
import { MAX_COUNT, type PeerReport } from '../core/connection-report';
import { compareNames, kindOf, type ConnectionName, type SignalBody } from '../core/signal-body';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import { hasRelay, type IceConfig } from '../media/ice-config';
import type { Tracks } from '../media/lanes';
import { createPeerConnection, type PeerConnectionOptions } from '../media/peer-connection';
import { createMediaWatch, type WatchedLane } from './media-watch';
import { attemptOf, mostInVain } from './peer-attempts';
import { createHearing } from './peer-hearing';
import { createPeerLink, type PeerLink } from './peer-link';
import { createMeshInbox } from './peer-mesh-inbox';
import { createPeerStreams } from './peer-mesh-streams';
import { bodyOf, decodeBody, encodeBody } from './peer-mesh-wire';
import type { MeasuredStatus } from './peer-status';
import type { ShownSizes } from './shown-sizes';
import type { PeerStatus } from './view';

export type PeerMeshDeps = {
	callId: string;
	/** Our own device. */
	deviceId: string;
	/** What the connections are opened with, until `setIce`. */
	ice: IceConfig;
	/** Resolves when the credentials of `ice` hold, or new ones could not be had. Never rejects. */
	iceReady: () => Promise<void>;
	send: (toDeviceId: string, envelope: SignalEnvelope) => void;
	fetchSnapshot: () => Promise<CallSnapshot>;
	onChange: () => void;
	/** The first media path of this call stands. Said once. */
	onConnected: () => void;
	/** Nobody in the call can be reached any more; why, in words. */
	onFailed: (why: string) => void;
	/** By the channel of a device that the last snapshot has in the call. */
	onSaid: (fromDeviceId: string, message: TalkMessage) => void;
	/** Somebody can be told something, who could not before. */
	onReachable: () => void;
	/** How large the others' cameras are shown here. */
	sizes: ShownSizes;
	/** A line for the log. Never holds SDP or a candidate. */
	report?: (what: string) => void;
	/** How a connection is opened; another one in tests. */
	connect?: (options: PeerConnectionOptions) => ReturnType<typeof createPeerConnection>;
};

export type RemotePeer = {
	readonly deviceId: string;
	/** Their microphone, the same object from its first media until the device leaves; null before. Tracks in it come and go. */
	readonly sound: MediaStream | null;
	/** Their camera, the same object from the beginning until the device leaves. */
	readonly picture: MediaStream;
	/** Whether a picture of their camera's has ever come. */
	readonly hasPicture: boolean;
	/** Their screen and its sound while they share one; null before its first media. */
	readonly screen: MediaStream | null;
	/** What they say that they send, and what does not come. */
	readonly missing: readonly WatchedLane[];
	/** Their camera's picture is not sent, or was not just now: it is not shown here. */
	readonly unseen: boolean;
	readonly status: (MeasuredStatus & PeerStatus) | null;
};

/** The connections of one call: one per other device in it. */
export type PeerMesh = {
	/** Takes a snapshot; an older one than the last changes nothing. */
	update(call: CallSnapshot): void;
	/** Takes a signal. Signals must come in the order of the mailbox. */
	receive(signal: DeliveredSignal): void;
	/** Sends these to everybody from now on, without negotiation. */
	setTracks(tracks: Tracks): void;
	/** Paths are looked for by these from now on, by whichever side's wish. */
	setIce(ice: IceConfig): void;
	remotes(): readonly RemotePeer[];
	/** What there is to report of each connection. */
	reports(): PeerReport[];
	/** Looks for new paths now, for example because the network changed. */
	restartIce(): void;
	/** Reads the connections' numbers anew; rates are those since the last time. */
	refreshStatus(): Promise<void>;
	/** How loud each device is just now, 0 to 1. */
	levels(): ReadonlyMap<string, number>;
	/** Says it to all who are connected. @returns to how many it was handed over */
	say(message: ChannelMessage): number;
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

type Place = Pick<Peer, 'joins' | 'attempt' | 'restartsBefore'>;

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
	const streams = createPeerStreams();
	const watch = createMediaWatch();
	const hearing = createHearing({
		now: () => performance.now(),
		onMessage: deps.onSaid,
		onShown: (from, size) => peers.get(from)?.link.showAt(size),
		report
	});
	const inbox = createMeshInbox({
		take,
		fetchSnapshot: deps.fetchSnapshot,
		onFetched: update,
		report
	});
	let tracks: Tracks = { audio: null, video: null, screenVideo: null, screenAudio: null };
	let { ice } = deps;
	const relayed = () => hasRelay(ice.iceServers);
	let call: CallSnapshot | null = null;
	let everConnected = false;
	let saidFailed = false;
	let lastWhy = '';
	let closed = false;

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
			watch.forget(peer.deviceId);
			hearing.forget(peer.deviceId);
		}
		for (const device of others) {
			if (me) ensure(me, device);
			streams.setPictures(device.deviceId, device);
		}
		inbox.wake();
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

	function open(me: DeviceSnapshot, device: DeviceSnapshot, place: Place): void {
		try {
			peers.set(device.deviceId, openPeer(me, device, place));
		} catch (error) {
			// The browser refuses what it was given, such as a malformed ICE server: it would refuse it again.
			const name = error instanceof Error ? error.name : 'unknown error';
			deps.onFailed(`This browser could not open a connection (${name}).`);
		}
	}

	function openPeer(me: DeviceSnapshot, device: DeviceSnapshot, place: Place): Peer {
		const { deviceId } = device;
		const name: ConnectionName = { mine: me.epoch, theirs: device.epoch, attempt: place.attempt };
		const offersFirst = offersTo(me, device);
		const { mostRestarts } = attemptOf(place.attempt, relayed());
		const link = createPeerLink({
			connect: (on) => connect({ ice: iceOf(place.attempt), offersFirst, tracks, on }),
			iceReady: deps.iceReady,
			polite: isPolite(deps.deviceId, deviceId),
			offersFirst,
			mostRestarts,
			everConnected: reached.has(deviceId),
			send: (content) => send(deviceId, bodyOf(name, content)),
			onTrack(lane, track) {
				if (lane === 'video') streams.expectPicture(deviceId, track);
			},
			onMedia(lane, track) {
				streams.take(deviceId, lane, track);
				deps.onChange();
			},
			onSaid: (text) => hearing.take(deviceId, text),
			onChannelOpen() {
				deps.sizes.opened(deviceId, (text) => link.say(text));
				deps.onReachable();
			},
			onChange: deps.onChange,
			onConnected() {
				inVain.delete(deviceId);
				reached.add(deviceId);
				onConnected();
			},
			onGaveUp(why) {
				lastWhy = why;
				if ((inVain.get(deviceId) ?? 0) < mostInVain(relayed())) tryNext(deviceId);
				else sayWhenFailed();
			},
			report
		});
		return { deviceId, ...name, ...place, link };
	}

	/** Whoever hides their address is connected through the relay alone at every attempt. */
	function iceOf(attempt: number): IceConfig {
		const { iceTransportPolicy } = attemptOf(attempt, relayed());
		return iceTransportPolicy === 'relay' ? { ...ice, iceTransportPolicy } : ice;
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

	/** What a connection that stands does not bring, another one may. */
	function watchMedia(): void {
		for (const { deviceId, link } of [...peers.values()]) {
			const device = call?.devices.find((one) => one.deviceId === deviceId);
			if (!device) continue;
			const came = (lane: WatchedLane) => link.came.get(streams.trackId(deviceId, lane) ?? '') ?? 0;
			const { connectionState, counts } = link.status;
			const connected = connectionState === 'connected';
			const silent = counts?.bytesReceived === 0;
			const unseen = deps.sizes.unseen(deviceId);
			if (watch.look(device, { connected, silent, unseen, came })) tryNext(deviceId);
		}
	}

	function drop(peer: Peer): void {
		peers.delete(peer.deviceId);
		deps.sizes.closed(peer.deviceId);
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

	async function take(signal: DeliveredSignal): Promise<void> {
		const { envelope, fromDeviceId } = signal;
		// It may ask us to look for paths: after a sleep, with credentials that ran out.
		await deps.iceReady();
		await inbox.catchUp(() => call === null || envelope.callVersion > call.version);
		const body = decodeBody(envelope.kind, envelope.body);
		if (!body) return report(`dropped: not a body of kind ${envelope.kind}`);
		const comparison = () => {
			const peer = peers.get(fromDeviceId);
			return peer ? compareNames(body, peer) : 'unknown';
		};
		await inbox.catchUp(() => comparison() === 'ahead');
		if (closed) return;
		if (comparison() === 'next') tryNext(fromDeviceId, body.attempt);
		const standing = comparison();
		if (standing !== 'current')
			return report(`dropped: ${envelope.kind} of a connection that is ${standing}`);
		peers.get(fromDeviceId)?.link.receive(body);
	}

	return {
		update,
		receive(signal) {
			if (closed || signal.callId !== deps.callId) return;
			inbox.put(signal);
		},
		setTracks(next) {
			tracks = next;
			for (const peer of peers.values()) peer.link.setTracks(next);
		},
		setIce(next) {
			ice = next;
			for (const peer of peers.values()) peer.link.setIce(iceOf(peer.attempt));
		},
		remotes: () =>
			[...peers.values()].map((peer) => ({
				deviceId: peer.deviceId,
				...streams.get(peer.deviceId),
				missing: watch.missing(peer.deviceId),
				unseen: deps.sizes.unseen(peer.deviceId),
				status: { ...peer.link.status, restarts: restartsOf(peer) }
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
			const reading = [...peers.values()].map((peer) => peer.link.refreshStatus(peers.size));
			// One that was closed meanwhile has nothing to say.
			await Promise.allSettled(reading);
			if (closed) return;
			watchMedia();
			deps.onChange();
			deps.sizes.looked();
		},
		say(message) {
			const text = JSON.stringify(message);
			return [...peers.values()].filter(({ link }) => link.say(text)).length;
		},
		levels: () => new Map([...peers.values()].map(({ deviceId, link }) => [deviceId, link.audioLevel()])),
		close() {
			if (closed) return;
			closed = true;
			for (const peer of [...peers.values()]) drop(peer);
			inbox.close();
		}
	};
}

/** Whoever joined later offers. */
const offersTo = (me: DeviceSnapshot, device: DeviceSnapshot): boolean => me.joinOrder > device.joinOrder;

const restartsOf = ({ link, restartsBefore }: Peer): number =>
	Math.min(restartsBefore + link.facts.restarts, MAX_COUNT);
