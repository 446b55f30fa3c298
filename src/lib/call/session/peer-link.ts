import {
	negotiate,
	startNegotiation,
	type Negotiation,
	type NegotiationEffect,
	type NegotiationEvent
} from '../core/negotiation';
import type { ConnectionFacts } from '../core/connection-report';
import type { ShownSize } from '../core/shown-size';
import type { CandidateOrEnd, Description } from '../core/signal-body';
import { assertNever } from '../core/step';
import type { IceConfig } from '../media/ice-config';
import type { Lane, Tracks } from '../media/lanes';
import { FRESH_PATH, NO_LOSS, watchLoss, type Path } from '../media/send-limits';
import type { PeerConnection, PeerConnectionEvent } from '../media/peer-connection';
import {
	recover,
	startRecovery,
	type Recovery,
	type RecoveryEffect,
	type RecoveryEvent
} from './peer-link-recovery';
import { createPeerTally } from './peer-tally';
import { createStatusReader, type MeasuredStatus } from './peer-status';

/** What two devices tell each other about one connection, without its address. */
export type PeerContent =
	{ readonly description: Description } | { readonly candidates: readonly CandidateOrEnd[] };

/** The connection to one other device. */
export type PeerLink = {
	readonly status: MeasuredStatus;
	/** gave-up: all restarts were in vain; it is taken back when a path is found after all. */
	readonly outlook: 'trying' | 'connected' | 'gave-up';
	/** Of each received track, by its id: packets of sound, or decoded frames of the picture. */
	readonly came: ReadonlyMap<string, number>;
	/** The same for who asks why it does not connect: states, kinds and counts. */
	readonly facts: ConnectionFacts;
	receive(content: PeerContent): void;
	setTracks(tracks: Tracks): void;
	setIce(ice: IceConfig): void;
	/** Looks for a new path now, for example because the network changed. */
	restartIce(): void;
	/** Reads the numbers anew, and sends no more than they allow. @param receivers how many devices ours goes to */
	refreshStatus(receivers: number): Promise<void>;
	/** How loud they are just now, 0 to 1. */
	audioLevel(): number;
	/** By the data channel. @returns whether it was handed over */
	say(text: string): boolean;
	/** They show our camera as large as this. */
	showAt(size: ShownSize): void;
	close(): void;
};

export type PeerLinkDeps = {
	/** Opens the connection. A function, so that its events have somewhere to go from the first on. */
	connect: (on: (event: PeerConnectionEvent) => void) => PeerConnection;
	/** Resolves when `setIce` has been told servers whose credentials hold, or could not be. Never rejects. */
	iceReady: () => Promise<void>;
	polite: boolean;
	offersFirst: boolean;
	/** Of ICE, before it is given up. */
	mostRestarts: number;
	/** Whether a connection before it stood. */
	everConnected: boolean;
	send: (content: PeerContent) => void;
	/** A track that may bring media. */
	onTrack: (lane: Lane, track: MediaStreamTrack) => void;
	/** Its first media is here. */
	onMedia: (lane: Lane, track: MediaStreamTrack) => void;
	/** By the data channel; null for what is no text. */
	onSaid: (text: string | null) => void;
	/** From now on they can be told something. */
	onChannelOpen: () => void;
	/** A state changed. */
	onChange: () => void;
	onConnected: () => void;
	onGaveUp: (why: string) => void;
	/** A line for the log. Never holds SDP or a candidate. */
	report: (what: string) => void;
};

/** Candidates that come within this time share a signal. Shorter than any path's round trip is worth. */
export const CANDIDATE_BATCH_MS = 5;
/** Within this time a browser has measured what a path carries, to begin with. */
export const FRESH_FOR_MS = 600;

/** Runs what the two machines (negotiation and recovery) ask for, against one connection. */
export function createPeerLink(deps: PeerLinkDeps): PeerLink {
	let negotiation: Negotiation = startNegotiation(deps);
	let closed = false;
	let loss = NO_LOSS;
	let path = FRESH_PATH;
	let batchTimer: ReturnType<typeof setTimeout> | undefined;
	let recoveryTimer: ReturnType<typeof setTimeout> | undefined;
	let freshTimer: ReturnType<typeof setTimeout> | undefined;

	const tally = createPeerTally();
	const connection = deps.connect(onConnectionEvent);
	const reader = createStatusReader(connection);
	const begin = startRecovery(deps.mostRestarts, deps.everConnected);
	let recovery: Recovery = begin.state;
	for (const effect of begin.effects) runRecovery(effect);

	function dispatch(event: NegotiationEvent): void {
		if (closed) return;
		const next = negotiate(negotiation, event);
		negotiation = next.state;
		for (const effect of next.effects) runNegotiation(effect);
	}

	function dispatchRecovery(event: RecoveryEvent): void {
		if (closed) return;
		const next = recover(recovery, event);
		recovery = next.state;
		for (const effect of next.effects) runRecovery(effect);
	}

	function onConnectionEvent(event: PeerConnectionEvent): void {
		if (closed) return;
		switch (event.type) {
			case 'candidate-gathered':
				tally.candidates('local', [event.candidate]);
				return dispatch(event);
			case 'negotiation-needed':
			case 'gathering-complete':
				return dispatch(event);
			case 'states':
				dispatchRecovery({ type: 'connection-state', connectionState: event.states.connectionState });
				return deps.onChange();
			case 'track':
				return deps.onTrack(event.lane, event.track);
			case 'media':
				return deps.onMedia(event.lane, event.track);
			case 'said':
				return deps.onSaid(event.text);
			case 'channel-open':
				return deps.onChannelOpen();
			default:
				return assertNever(event);
		}
	}

	function runNegotiation(effect: NegotiationEffect): void {
		switch (effect.type) {
			case 'make-offer':
				return operate('offer', connection.makeOffer(), localSet);
			case 'make-answer':
				return operate('answer', connection.makeAnswer(), localSet);
			case 'set-remote':
				return operate(`their ${effect.description.type}`, connection.setRemote(effect.description), () => ({
					type: 'remote-set'
				}));
			case 'add-candidates':
				for (const candidate of effect.candidates) {
					connection
						.addCandidate(candidate)
						.catch((error: unknown) => dispatch({ type: 'candidate-failed', why: nameOf(error) }));
				}
				return;
			case 'restart-ice':
				tally.restarted();
				deps.onChange();
				void deps.iceReady().then(() => {
					if (!closed) connection.restartIce();
				});
				return;
			case 'send-description':
				return deps.send({ description: effect.description });
			case 'send-candidates':
				return deps.send({ candidates: effect.candidates });
			case 'schedule-batch':
				batchTimer = setTimeout(() => dispatch({ type: 'batch-due' }), CANDIDATE_BATCH_MS);
				return;
			case 'report':
				return deps.report(effect.what);
			case 'give-up':
				return dispatchRecovery({ type: 'negotiation-failed', why: effect.why });
			default:
				return assertNever(effect);
		}
	}

	/** Says how an operation ended. A browser's message may quote SDP, so only the error's name goes on. */
	function operate<Result>(
		what: string,
		operation: Promise<Result>,
		done: (result: Result) => NegotiationEvent
	): void {
		operation.then(
			(result) => dispatch(done(result)),
			(error: unknown) =>
				dispatch({
					type: 'operation-failed',
					why: `The two devices could not agree on how to send media (${what}: ${nameOf(error)}).`
				})
		);
	}

	function limit(news: Partial<Path>): void {
		path = { ...path, ...news };
		// A fresh path is given little anyway, and its first frames are being made just then.
		if (!path.fresh) connection.limit(path);
	}

	function runRecovery(effect: RecoveryEffect): void {
		switch (effect.type) {
			case 'start-timer':
				clearTimeout(recoveryTimer);
				recoveryTimer = setTimeout(() => dispatchRecovery({ type: 'timer-due' }), effect.afterMs);
				return;
			case 'stop-timer':
				return clearTimeout(recoveryTimer);
			case 'restart-ice':
				deps.report('looking for a new network path');
				return dispatch({ type: 'restart-ice' });
			case 'connected':
				tally.connected();
				freshTimer ??= setTimeout(() => limit({ fresh: false }), FRESH_FOR_MS);
				return deps.onConnected();
			case 'give-up':
				tally.gaveUp(effect.why);
				deps.report(effect.why);
				return deps.onGaveUp(effect.why);
			default:
				return assertNever(effect);
		}
	}

	return {
		get status() {
			return reader.status;
		},
		get came() {
			return reader.came;
		},
		get facts() {
			const { connectionState, iceConnectionState, iceGatheringState, signalingState, path } = reader.status;
			return {
				connectionState,
				iceConnectionState,
				iceGatheringState,
				signalingState,
				path,
				...tally.facts
			};
		},
		get outlook() {
			if (recovery.phase === 'gave-up') return 'gave-up';
			return recovery.phase === 'connected' ? 'connected' : 'trying';
		},
		receive(content) {
			if ('description' in content) {
				return dispatch({ type: 'description-received', description: content.description });
			}
			tally.candidates('remote', content.candidates);
			dispatch({ type: 'candidates-received', candidates: content.candidates });
		},
		setTracks: (tracks) => connection.setTracks(tracks),
		setIce: (ice) => connection.setIce(ice),
		restartIce: () => dispatch({ type: 'restart-ice' }),
		async refreshStatus(receivers) {
			await reader.refresh();
			loss = watchLoss(loss, reader.sentLossPercent);
			limit({ receivers, level: loss.level });
		},
		audioLevel: () => connection.audioLevel(),
		say: (text) => connection.say(text),
		showAt: (shown) => limit({ shown }),
		close() {
			dispatch({ type: 'closed' });
			closed = true;
			clearTimeout(batchTimer);
			clearTimeout(recoveryTimer);
			clearTimeout(freshTimer);
			connection.close();
		}
	};
}

function localSet(description: Description): NegotiationEvent {
	return { type: 'local-set', description };
}

function nameOf(error: unknown): string {
	return error instanceof Error || error instanceof DOMException ? error.name : 'unknown error';
}
