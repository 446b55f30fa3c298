import type { Candidate, CandidateOrEnd, Description } from '../core/signal-body';
import { createAudioLevel } from './audio-level';
import { openChannel, type ChannelEvent } from './channel';
import type { IceConfig } from './ice-config';
import { fewCodecs, hasFeedbackOfNothing, kindOf, laneOf, LANES, type Lane, type Tracks } from './lanes';
import { cameraLimits, FRESH_PATH, screenLimits, type Path, type SendLimits } from './send-limits';
import { preferCodecs, type VideoCodec } from './video-codecs';

/** W3C's own state strings of one connection. */
export type ConnectionStates = {
	readonly connectionState: RTCPeerConnectionState;
	readonly iceConnectionState: RTCIceConnectionState;
	readonly iceGatheringState: RTCIceGatheringState;
	readonly signalingState: RTCSignalingState;
};

export type PeerConnectionEvent =
	| { type: 'negotiation-needed' }
	| { type: 'candidate-gathered'; candidate: Candidate }
	| { type: 'gathering-complete' }
	/** One of the four states changed. */
	| { type: 'states'; states: ConnectionStates }
	/** The other side's track, which may bring media from now on. */
	| { type: 'track'; lane: Lane; track: MediaStreamTrack }
	/** Its first media is here. */
	| { type: 'media'; lane: Lane; track: MediaStreamTrack }
	| ChannelEvent;

/** One RTCPeerConnection, narrowed to what a call does with it. */
export type PeerConnection = {
	readonly states: ConnectionStates;
	/** Makes an offer and sets it. @returns what to send */
	makeOffer(): Promise<Description>;
	/** Makes an answer to the offer that was set, and sets it. @returns what to send */
	makeAnswer(): Promise<Description>;
	/** Sets what the other side sent; an offer of our own that stands is rolled back. */
	setRemote(description: Description): Promise<void>;
	addCandidate(candidate: CandidateOrEnd): Promise<void>;
	/** The next offer looks for a new path; the connection asks for it by `negotiation-needed`. */
	restartIce(): void;
	/** Sends these from now on, without negotiation. */
	setTracks(tracks: Tracks): void;
	/**
	 * Looks for paths by these from the next time on that it looks for any. What stands, stands; but if they differ from
	 * those before, the next offer of ours looks anew, whatever it is made for (RFC 8829 section 4.1.18).
	 */
	setIce(ice: IceConfig): void;
	/** Sends pictures no larger than this allows; until it is said, what a fresh path does. */
	limit(path: Path): void;
	getStats(): Promise<RTCStatsReport>;
	/** How loud their microphone is just now, 0 to 1. */
	audioLevel(): number;
	/** By the data channel. @returns whether it was handed over */
	say(text: string): boolean;
	close(): void;
};

export type PeerConnectionOptions = {
	readonly ice: IceConfig;
	/** Whether this side makes the first offer. */
	readonly offersFirst: boolean;
	readonly tracks: Tracks;
	/** Those that the camera's picture is wanted in before all others. */
	readonly codecs?: readonly VideoCodec[];
	/** Made ahead for a connection like this one. */
	readonly spare?: SpareConnection | null;
	readonly on: (event: PeerConnectionEvent) => void;
};

const SCREEN_LANES: ReadonlySet<Lane> = new Set(['screenVideo', 'screenAudio']);

/** Whether this browser can name few codecs; null until its first offer has shown it. */
let namesFew: boolean | null = null;

/** A connection that waits for a call: it looks for no path, asks nobody for anything and says nothing. */
export type SpareConnection = {
	readonly connection: RTCPeerConnection;
	/** It has asked for a negotiation already, while nobody listened. */
	asked: boolean;
};

/** To make one takes a page many milliseconds, in which it does nothing else: so it may be made ahead of a call. */
export function createSpareConnection(
	offersFirst: boolean,
	codecs: readonly VideoCodec[] = []
): SpareConnection {
	const connection = new RTCPeerConnection(configurationOf({ iceServers: [], iceTransportPolicy: 'relay' }));
	const spare: SpareConnection = { connection, asked: false };
	connection.onnegotiationneeded = () => (spare.asked = true);
	if (!offersFirst) return spare;
	for (const lane of LANES) {
		const transceiver = connection.addTransceiver(kindOf(lane), { direction: 'sendrecv' });
		if (namesFew !== false && SCREEN_LANES.has(lane)) nameFewCodecs(transceiver, kindOf(lane));
		if (lane === 'video') preferCodecs(transceiver, codecs);
	}
	return spare;
}

/**
 * Opens a connection with one microphone, one camera and one screen each way, whether or not there is anything to send.
 *
 * The offerer adds all transceivers once, in the order of `LANES`, and the answerer takes those of the offer. So a
 * device that is absent, toggled or replaced, and a screen that is shared, only changes what a sender sends, and never
 * the description.
 */
export function createPeerConnection(options: PeerConnectionOptions): PeerConnection {
	const spare = options.spare ?? createSpareConnection(options.offersFirst, options.codecs);
	const { connection } = spare;
	try {
		connection.setConfiguration(configurationOf(options.ice));
	} catch (error) {
		connection.close();
		throw error;
	}
	const senders: Partial<Record<Lane, RTCRtpSender>> = {};
	let path = FRESH_PATH;
	const limits: Partial<Record<Lane, SendLimits>> = {};
	const limited: Partial<Record<Lane, SendLimits>> = {};
	const limiting = new Set<Lane>();
	let tracks = options.tracks;
	let closed = false;

	const states = (): ConnectionStates => ({
		connectionState: connection.connectionState,
		iceConnectionState: connection.iceConnectionState,
		iceGatheringState: connection.iceGatheringState,
		signalingState: connection.signalingState
	});
	const tell = (event: PeerConnectionEvent) => {
		if (!closed) options.on(event);
	};
	const tellStates = () => tell({ type: 'states', states: states() });

	connection.onconnectionstatechange = tellStates;
	connection.oniceconnectionstatechange = tellStates;
	connection.onicegatheringstatechange = tellStates;
	connection.onsignalingstatechange = () => {
		if (connection.signalingState === 'stable') limitAll(); // what could not be set meanwhile
		tellStates();
	};
	connection.onnegotiationneeded = () => tell({ type: 'negotiation-needed' });
	connection.ontrack = ({ track, transceiver }) => {
		const lane = laneOf(transceiver, connection.getTransceivers());
		if (!lane) return;
		// Every connection has all tracks, also without a camera at the other end.
		tell({ type: 'track', lane, track });
		track.addEventListener('unmute', () => tell({ type: 'media', lane, track }), { once: true });
		if (!track.muted) tell({ type: 'media', lane, track });
	};
	connection.onicecandidate = ({ candidate }) => {
		if (candidate === null) return tell({ type: 'gathering-complete' });
		// An empty candidate ends one generation; null says the same for all of them and comes right behind.
		if (candidate.candidate !== '')
			tell({ type: 'candidate-gathered', candidate: plainCandidate(candidate) });
	};

	function send(lane: Lane): void {
		// It rejects when the connection is closed meanwhile: then nothing is sent anyway.
		senders[lane]?.replaceTrack(tracks[lane]).catch(() => undefined);
	}

	function limitAll(): void {
		const height = tracks.video?.getSettings().height ?? null;
		void limitLane('video', cameraLimits(path, height));
		void limitLane('screenVideo', screenLimits(path));
	}

	/** To ask a sender what holds takes milliseconds, in which the page stands still: what was set is remembered. */
	async function limitLane(lane: Lane, wanted: SendLimits): Promise<void> {
		limits[lane] = wanted;
		const sender = senders[lane];
		if (!sender || limiting.has(lane)) return;
		limiting.add(lane);
		for (let next = wanted; !sameLimits(limited[lane], next); next = limits[lane] ?? next) {
			if (!(await limitSender(sender, next))) break;
			limited[lane] = next;
		}
		limiting.delete(lane);
	}

	for (const [index, { sender }] of connection.getTransceivers().entries()) {
		const lane = LANES[index];
		if (!lane) continue;
		senders[lane] = sender;
		if (tracks[lane]) send(lane);
	}
	limitAll();

	// Behind the media, so that their m-lines come first in every browser's description. No transceiver: it has no lane.
	const channel = openChannel(connection, tell);
	if (spare.asked) queueMicrotask(() => tell({ type: 'negotiation-needed' }));

	function receiverOf(lane: Lane): RTCRtpReceiver | undefined {
		return connection.getTransceivers()[LANES.indexOf(lane)]?.receiver;
	}

	/** An offer's transceivers are recvonly here until we say that we send too. */
	function adoptTransceivers(): void {
		const all = connection.getTransceivers();
		for (const transceiver of all) {
			const lane = laneOf(transceiver, all);
			if (!lane || senders[lane]) continue;
			senders[lane] = transceiver.sender;
			transceiver.direction = 'sendrecv';
			if (lane === 'video') preferCodecs(transceiver, options.codecs ?? []);
			send(lane);
		}
		limitAll();
	}

	async function describe(): Promise<Description> {
		await connection.setLocalDescription();
		const local = connection.localDescription;
		if (!local || (local.type !== 'offer' && local.type !== 'answer')) {
			throw new Error('the connection was closed while it was described');
		}
		return { type: local.type, sdp: local.sdp };
	}

	/** All are named where the browser cannot leave any out. */
	async function checkNaming(): Promise<void> {
		const { sdp = '' } = await connection.createOffer();
		namesFew = !hasFeedbackOfNothing(sdp);
		if (namesFew) return;
		for (const lane of SCREEN_LANES) {
			connection.getTransceivers()[LANES.indexOf(lane)]?.setCodecPreferences([]);
		}
	}

	return {
		get states() {
			return states();
		},
		async makeOffer() {
			if (options.offersFirst && namesFew === null) await checkNaming();
			return describe();
		},
		makeAnswer: describe,
		async setRemote(description) {
			await connection.setRemoteDescription(description);
			if (description.type === 'offer') adoptTransceivers();
		},
		addCandidate: (candidate) => connection.addIceCandidate(candidate),
		restartIce: () => connection.restartIce(),
		setTracks(next) {
			for (const lane of LANES) {
				if (tracks[lane] === next[lane]) continue;
				tracks = { ...tracks, [lane]: next[lane] };
				send(lane);
			}
			limitAll();
		},
		setIce(ice) {
			if (!closed) connection.setConfiguration(configurationOf(ice));
		},
		limit(next) {
			path = next;
			limitAll();
		},
		getStats: () => connection.getStats(),
		audioLevel: createAudioLevel(() => receiverOf('audio')),
		say: (text) => channel.say(text),
		close() {
			closed = true;
			connection.close();
		}
	};
}

/** Without a candidate pool: it breaks ICE restarts in Chromium, and saves nothing here (ADR 0006). */
export function configurationOf(ice: IceConfig): RTCConfiguration {
	return { ...ice, bundlePolicy: 'max-bundle' };
}

const sameLimits = (a: SendLimits | undefined, b: SendLimits): boolean =>
	a !== undefined && Object.values(a).join() === Object.values(b).join();

/** @returns whether that is in force now; not before the first negotiation, and not while the connection closes or negotiates */
async function limitSender(sender: RTCRtpSender, limits: SendLimits): Promise<boolean> {
	const parameters = sender.getParameters();
	const [encoding] = parameters.encodings;
	if (!encoding) return false;
	Object.assign(encoding, limits);
	return sender.setParameters(parameters).then(
		() => true,
		() => false
	);
}

/** The answer names no more than the offer does. A browser that takes no such wish names all it has. */
function nameFewCodecs(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video'): void {
	const codecs = fewCodecs(RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
	if (codecs.length > 0 && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(codecs);
}

function plainCandidate(candidate: RTCIceCandidate): Candidate {
	return {
		candidate: candidate.candidate,
		sdpMid: candidate.sdpMid,
		sdpMLineIndex: candidate.sdpMLineIndex,
		usernameFragment: candidate.usernameFragment
	};
}
