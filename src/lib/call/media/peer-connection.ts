import type { Candidate, CandidateOrEnd, Description } from '../core/signal-body';

/** The local tracks that are sent; null sends nothing of that kind. */
export type Tracks = {
	readonly audio: MediaStreamTrack | null;
	readonly video: MediaStreamTrack | null;
};

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
	| { type: 'track'; track: MediaStreamTrack };

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
	getStats(): Promise<RTCStatsReport>;
	close(): void;
};

export type PeerConnectionOptions = {
	readonly iceServers: RTCIceServer[];
	readonly iceTransportPolicy: RTCIceTransportPolicy;
	/** Whether this side makes the first offer. */
	readonly offersFirst: boolean;
	readonly tracks: Tracks;
	readonly on: (event: PeerConnectionEvent) => void;
};

const KINDS = ['audio', 'video'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Opens a connection with one microphone and one camera each way, whether or not there is anything to send.
 *
 * The offerer adds both transceivers once, in fixed order, and the answerer takes those of the offer. So a device
 * that is absent, toggled or replaced only changes what a sender sends, and never the description.
 */
export function createPeerConnection(options: PeerConnectionOptions): PeerConnection {
	// Without a candidate pool: it breaks ICE restarts in Chromium, and saves nothing here (ADR 0006).
	const connection = new RTCPeerConnection({
		iceServers: options.iceServers,
		iceTransportPolicy: options.iceTransportPolicy,
		bundlePolicy: 'max-bundle'
	});
	const senders: Partial<Record<Kind, RTCRtpSender>> = {};
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
	connection.ontrack = ({ track }) => {
		// Every connection has a video track, also without a camera at the other end.
		track.addEventListener('unmute', () => tell({ type: 'track', track }), { once: true });
		if (!track.muted) tell({ type: 'track', track });
	};
	connection.onicecandidate = ({ candidate }) => {
		if (candidate === null) return tell({ type: 'gathering-complete' });
		// An empty candidate ends one generation; null says the same for all of them and comes right behind.
		if (candidate.candidate !== '')
			tell({ type: 'candidate-gathered', candidate: plainCandidate(candidate) });
	};

	function send(kind: Kind): void {
		// It rejects when the connection is closed meanwhile: then nothing is sent anyway.
		senders[kind]?.replaceTrack(tracks[kind]).catch(() => undefined);
	}

	if (options.offersFirst) {
		for (const kind of KINDS) {
			const track = tracks[kind];
			const { sender } = connection.addTransceiver(track ?? kind, { direction: 'sendrecv' });
			senders[kind] = sender;
		}
	}

	/** An offer's transceivers are recvonly here until we say that we send too. */
	function adoptTransceivers(): void {
		for (const transceiver of connection.getTransceivers()) {
			const kind = KINDS.find((each) => each === transceiver.receiver.track.kind);
			if (!kind || senders[kind]) continue;
			senders[kind] = transceiver.sender;
			transceiver.direction = 'sendrecv';
			send(kind);
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

	return {
		get states() {
			return states();
		},
		makeOffer: describe,
		makeAnswer: describe,
		async setRemote(description) {
			await connection.setRemoteDescription(description);
			if (description.type === 'offer') adoptTransceivers();
		},
		addCandidate: (candidate) => connection.addIceCandidate(candidate),
		restartIce: () => connection.restartIce(),
		setTracks(next) {
			for (const kind of KINDS) {
				if (tracks[kind] === next[kind]) continue;
				tracks = { ...tracks, [kind]: next[kind] };
				send(kind);
			}
		},
		getStats: () => connection.getStats(),
		close() {
			closed = true;
			connection.close();
		}
	};
}

function plainCandidate(candidate: RTCIceCandidate): Candidate {
	return {
		candidate: candidate.candidate,
		sdpMid: candidate.sdpMid,
		sdpMLineIndex: candidate.sdpMLineIndex,
		usernameFragment: candidate.usernameFragment
	};
}
