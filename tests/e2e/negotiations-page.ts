import type { Description } from '../../src/lib/call/core/signal-body';
import { LANES, kindOf, type Lane, type Tracks } from '../../src/lib/call/media/lanes';
import { createPeerConnection } from '../../src/lib/call/media/peer-connection';
import { createPeerLink, type PeerContent, type PeerLink } from '../../src/lib/call/session/peer-link';
import { createRandom } from '../faults/schedule';

/**
 * Runs in the browser: two ends of one connection, each with what the product runs for it and a real RTCPeerConnection. Both change
 * what they send and look for new paths at random moments, over signals that take random times. A seed gives the same
 * acts at the same moments again; how long the browser takes for each is not part of it.
 */
export type Outcome = {
	seed: number;
	/** Why it did not end well; null when it did. */
	wrong: string | null;
	offers: number;
	/** Offers that met one of the other side's own. */
	collisions: number;
	restarts: number;
};

const ACTS = ['add', 'remove', 'swap', 'turn', 'append', 'take away', 'restart'] as const;
type Act = (typeof ACTS)[number];
const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;

const ACTS_OF_EACH = 8;
const ACTS_WITHIN_MS = 600;
const SIGNAL_WITHIN_MS = 60;
/** Past the last act: an ICE restart whose answer is late among them, and two cores that many pairs share. */
const AT_REST_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;
const MOST_APPENDED = 2;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The connections that `createPeerConnection` makes: it shows no transceivers. */
const made: RTCPeerConnection[] = [];
const Native = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
	constructor(...args: ConstructorParameters<typeof RTCPeerConnection>) {
		super(...args);
		made.push(this);
	}
};

/** Two of each kind, so that there is one to swap for. Small: many pairs encode at once. */
type Sources = Record<'audio' | 'video', [MediaStreamTrack, MediaStreamTrack]>;
let sources: Promise<Sources> | undefined;

async function openSources(): Promise<Sources> {
	// The page may name its addresses once it may use a device.
	const [microphone] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
	const sound = new AudioContext();
	const tone = sound.createOscillator();
	const out = sound.createMediaStreamDestination();
	tone.connect(out);
	tone.start();
	const [second] = out.stream.getAudioTracks();
	return { audio: [microphone!, second!], video: [createPicture(), createPicture()] };
}

function createPicture(): MediaStreamTrack {
	const canvas = document.createElement('canvas');
	[canvas.width, canvas.height] = [64, 48];
	const pen = canvas.getContext('2d')!;
	setInterval(() => {
		pen.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
		pen.fillRect(0, 0, canvas.width, canvas.height);
	}, 60);
	return canvas.captureStream(15).getVideoTracks()[0]!;
}

class Side {
	readonly link: PeerLink;
	readonly connection: RTCPeerConnection;
	other!: Side;
	offers = 0;
	collisions = 0;
	lost: string | null = null;
	#tracks: Tracks = { audio: null, video: null, screenVideo: null, screenAudio: null };
	readonly #appended: RTCRtpTransceiver[] = [];
	#lastSignal: Promise<unknown> = Promise.resolve();

	constructor(
		readonly sources: Sources,
		readonly random: () => number,
		{ polite, offersFirst }: { polite: boolean; offersFirst: boolean }
	) {
		this.link = createPeerLink({
			connect: (on) =>
				createPeerConnection({
					ice: { iceServers: [], iceTransportPolicy: 'all' },
					offersFirst,
					tracks: this.#tracks,
					on
				}),
			iceReady: () => Promise.resolve(),
			polite,
			offersFirst,
			mostRestarts: 3,
			everConnected: false,
			send: (content) => this.#send(JSON.parse(JSON.stringify(content)) as PeerContent),
			onTrack: () => undefined,
			onMedia: () => undefined,
			onSaid: () => undefined,
			onChannelOpen: () => undefined,
			onChange: () => undefined,
			onConnected: () => undefined,
			onGaveUp: (why) => (this.lost ??= why),
			report: (what) => {
				if (what !== 'looking for a new network path') this.lost ??= what;
			}
		});
		this.connection = made.pop()!;
	}

	/** In order, each after a time of its own. */
	#send(content: PeerContent): void {
		const travels = pause(this.random() * SIGNAL_WITHIN_MS);
		if (isOffer(content)) this.offers += 1;
		this.#lastSignal = Promise.all([this.#lastSignal, travels]).then(() => this.other.#receive(content));
	}

	#receive(content: PeerContent): void {
		if (isOffer(content) && this.connection.signalingState === 'have-local-offer') this.collisions += 1;
		this.link.receive(content);
	}

	/** All four are there; at who does not offer first, since the first offer. */
	get lanes(): RTCRtpTransceiver[] | null {
		const lanes = this.connection.getTransceivers().slice(0, LANES.length);
		return lanes.length === LANES.length ? lanes : null;
	}

	perform(act: Act): void {
		const at = Math.floor(this.random() * LANES.length);
		const lane = LANES[at]!;
		const { lanes } = this;
		switch (act) {
			case 'add':
				return this.#put(lane, this.sources[kindOf(lane)][0]);
			case 'remove':
				return this.#put(lane, null);
			case 'swap':
				return this.#put(
					lane,
					this.sources[kindOf(lane)][this.#tracks[lane] === this.sources[kindOf(lane)][0] ? 1 : 0]
				);
			case 'turn':
				// The product never does, and a client of later may: each is an exchange more, by both sides.
				if (lanes) lanes[at]!.direction = DIRECTIONS[Math.floor(this.random() * DIRECTIONS.length)]!;
				return;
			case 'append':
				if (!lanes || this.#appended.length >= MOST_APPENDED) return;
				this.#appended.push(this.connection.addTransceiver(this.sources[kindOf(lane)][0]));
				return;
			case 'take away': {
				// Not `stop`: of one that was never negotiated Chromium (156) then asks for negotiation for ever.
				const taken = this.#appended[Math.floor(this.random() * this.#appended.length)];
				return taken && this.connection.removeTrack(taken.sender);
			}
			case 'restart':
				return this.link.restartIce();
		}
	}

	#put(lane: Lane, track: MediaStreamTrack | null): void {
		this.#tracks = { ...this.#tracks, [lane]: track };
		this.link.setTracks(this.#tracks);
	}

	/** The last wish: everything is sent, every way. */
	finish(): void {
		for (const lane of LANES) this.#put(lane, this.sources[kindOf(lane)][0]);
		for (const lane of this.lanes ?? []) lane.direction = 'sendrecv';
	}

	/** What keeps this side from being at rest. */
	unrest(): string | null {
		const { connection, lanes } = this;
		if (connection.signalingState !== 'stable') return `signaling ${connection.signalingState}`;
		if (connection.connectionState !== 'connected') return `connection ${connection.connectionState}`;
		if (!lanes) return 'no lanes';
		const directions = lanes.map(({ currentDirection }) => currentDirection);
		if (directions.some((direction) => direction !== 'sendrecv')) return `lanes ${directions.join(' ')}`;
		// Each description names its session and version (RFC 8866 section 5.2).
		const mine = originOf(connection.currentLocalDescription);
		const theirs = originOf(this.other.connection.currentRemoteDescription);
		if (mine !== theirs) return `its description is ${mine}, the other side has ${theirs}`;
		return this.#unmirrored();
	}

	/** Whoever sends on an m-line has a receiver at the other side. */
	#unmirrored(): string | null {
		const theirs = new Map(this.other.connection.getTransceivers().map((one) => [one.mid, one]));
		for (const { mid, currentDirection } of this.connection.getTransceivers()) {
			const opposite = theirs.get(mid)?.currentDirection ?? null;
			if (mid === null) return 'a transceiver that was never negotiated';
			if (currentDirection && MIRRORED[currentDirection] !== opposite)
				return `m-line ${mid}: ${currentDirection} here, ${opposite} there`;
		}
		return null;
	}

	async received(): Promise<Record<Lane, number>> {
		const counts = { audio: 0, video: 0, screenVideo: 0, screenAudio: 0 };
		for (const [at, lane] of LANES.entries()) {
			for (const stat of ((await this.lanes?.[at]?.receiver.getStats()) ?? new Map()).values()) {
				if (stat.type !== 'inbound-rtp') continue;
				counts[lane] += kindOf(lane) === 'video' ? (stat.framesDecoded ?? 0) : stat.packetsReceived;
			}
		}
		return counts;
	}
}

const MIRRORED: Record<RTCRtpTransceiverDirection, RTCRtpTransceiverDirection> = {
	sendrecv: 'sendrecv',
	sendonly: 'recvonly',
	recvonly: 'sendonly',
	inactive: 'inactive',
	stopped: 'stopped'
};

const isOffer = (content: PeerContent): content is { description: Description } =>
	'description' in content && content.description.type === 'offer';
const originOf = (description: RTCSessionDescription | null) => /^o=(.*)$/m.exec(description?.sdp ?? '')?.[1];

/** Both sides rest, and each gets more of everything than it had. */
async function endsWell(sides: readonly [Side, Side]): Promise<string | null> {
	const until = performance.now() + AT_REST_WITHIN_MS;
	let why = 'nothing was looked at';
	let before: Record<Lane, number>[] | null = null;
	while (performance.now() < until) {
		const unrest = sides[0].lost ?? sides[1].lost ?? sides[0].unrest() ?? sides[1].unrest();
		const counts = await Promise.all(sides.map((side) => side.received()));
		if (unrest) {
			why = unrest;
			before = null;
			if (sides.some((side) => side.lost)) return why;
		} else if (!before) before = counts;
		else {
			const silent = counts.flatMap((now, i) =>
				LANES.filter((lane) => now[lane] < before![i]![lane] + 3).map(
					(lane) => `${i === 0 ? 'one' : 'two'} ${lane}`
				)
			);
			if (silent.length === 0) return null;
			why = `nothing received: ${silent.join(', ')}`;
		}
		await pause(LOOK_EVERY_MS);
	}
	return why;
}

async function negotiate(seed: number): Promise<Outcome> {
	const random = createRandom(seed);
	const ready = await (sources ??= openSources());
	const politeFirst = random() < 0.5;
	const one = new Side(ready, createRandom(seed + 1), { polite: politeFirst, offersFirst: true });
	const two = new Side(ready, createRandom(seed + 2), { polite: !politeFirst, offersFirst: false });
	one.other = two;
	two.other = one;
	const acts: Promise<void>[] = [];
	for (let i = 0; i < ACTS_OF_EACH; i += 1) {
		const at = random() * ACTS_WITHIN_MS;
		// As often as not both do something in the same moment.
		const apart = random() < 0.5 ? 0 : random() * ACTS_WITHIN_MS - at;
		for (const [side, when] of [
			[one, at],
			[two, at + apart]
		] as const) {
			const act = ACTS[Math.floor(random() * ACTS.length)]!;
			acts.push(pause(when).then(() => side.perform(act)));
		}
	}
	await Promise.all(acts);
	while (!two.lanes && !two.lost) await pause(LOOK_EVERY_MS);
	one.finish();
	two.finish();
	const wrong = await endsWell([one, two]);
	const outcome = {
		seed,
		wrong,
		offers: one.offers + two.offers,
		collisions: one.collisions + two.collisions,
		restarts: one.link.facts.restarts + two.link.facts.restarts
	};
	one.link.close();
	two.link.close();
	return outcome;
}

/** @returns what came of each, some of them at the same time */
async function negotiateAll(seeds: readonly number[], atOnce: number): Promise<Outcome[]> {
	const left = [...seeds];
	const outcomes: Outcome[] = [];
	async function work(): Promise<void> {
		for (let seed = left.shift(); seed !== undefined; seed = left.shift())
			outcomes.push(await negotiate(seed));
	}
	await Promise.all(Array.from({ length: atOnce }, work));
	return outcomes;
}

declare global {
	interface Window {
		negotiateAll: typeof negotiateAll;
	}
}
window.negotiateAll = negotiateAll;
