import type { ShownSize } from '../core/shown-size';
import type { Candidate, CandidateOrEnd, Description } from '../core/signal-body';
import { createAudioLevel } from './audio-level';
import { openChannel, type ChannelEvent } from './channel';
import type { IceConfig } from './ice-config';
import { fewCodecs, hasFeedbackOfNothing, kindOf, laneOf, LANES, type Lane, type Tracks } from './lanes';
import { cameraLimits, screenLimits, type LossLevel, type SendLimits } from './send-limits';
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
	/** The other side's track, with its first media: an element that waits for one track plays none of them. */
	| { type: 'track'; lane: Lane; track: MediaStreamTrack }
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
	/**
	 * Sends pictures no larger than for so many devices, over so bad a path.
	 *
	 * @param shown how large the other side shows the camera; null while it has not said
	 */
	limit(receivers: number, level: LossLevel, shown: ShownSize | null): void;
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
	readonly on: (event: PeerConnectionEvent) => void;
};

const SCREEN_LANES: ReadonlySet<Lane> = new Set(['screenVideo', 'screenAudio']);

/** Whether this browser can name few codecs; null until its first offer has shown it. */
let namesFew: boolean | null = null;

/**
 * Opens a connection with one microphone, one camera and one screen each way, whether or not there is anything to send.
 *
 * The offerer adds all transceivers once, in the order of `LANES`, and the answerer takes those of the offer. So a
 * device that is absent, toggled or replaced, and a screen that is shared, only changes what a sender sends, and never
 * the description.
 */
export function createPeerConnection(options: PeerConnectionOptions): PeerConnection {
	const connection = new RTCPeerConnection(configurationOf(options.ice));
	const senders: Partial<Record<Lane, RTCRtpSender>> = {};
	const limited: Partial<Record<Lane, string>> = {};
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
	connection.onsignalingstatechange = tellStates;
	connection.onnegotiationneeded = () => tell({ type: 'negotiation-needed' });
	connection.ontrack = ({ track, transceiver }) => {
		const lane = laneOf(transceiver, connection.getTransceivers());
		if (!lane) return;
		// Every connection has all tracks, also without a camera at the other end.
		track.addEventListener('unmute', () => tell({ type: 'track', lane, track }), { once: true });
		if (!track.muted) tell({ type: 'track', lane, track });
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

	/** To ask a sender what holds takes milliseconds, in which the page stands still: what was set is remembered. */
	async function limitLane(lane: Lane, limits: SendLimits): Promise<void> {
		const key = Object.values(limits).join();
		const sender = senders[lane];
		if (!sender || limited[lane] === key) return;
		if (await limitSender(sender, limits)) limited[lane] = key;
	}

	if (options.offersFirst) {
		for (const lane of LANES) {
			const transceiver = connection.addTransceiver(tracks[lane] ?? kindOf(lane), { direction: 'sendrecv' });
			senders[lane] = transceiver.sender;
			if (namesFew !== false && SCREEN_LANES.has(lane)) nameFewCodecs(transceiver, kindOf(lane));
			if (lane === 'video') preferCodecs(transceiver, options.codecs ?? []);
		}
	}

	// Behind the media, so that their m-lines come first in every browser's description. No transceiver: it has no lane.
	const channel = openChannel(connection, tell);

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
		},
		setIce(ice) {
			if (!closed) connection.setConfiguration(configurationOf(ice));
		},
		limit(receivers, level, shown) {
			const height = tracks.video?.getSettings().height ?? null;
			void limitLane('video', cameraLimits(receivers, height, level, shown));
			void limitLane('screenVideo', screenLimits(receivers, level));
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
