import { reaction, type ChannelMessage, type Reaction } from '../../src/lib/call/core/channel-message';
import type { DeliveredSignal, SignalKind } from '../../src/lib/call/core/signal';
import type { ShownSize } from '../../src/lib/call/core/shown-size';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import { createEquipment } from '../../src/lib/call/media/equipment';
import type { ScreenTracks } from '../../src/lib/call/media/lanes';
import { createLocalMedia } from '../../src/lib/call/media/local-media';
import { createPeerConnection } from '../../src/lib/call/media/peer-connection';
import type { VideoCodec } from '../../src/lib/call/media/video-codecs';
import { createPeerMesh } from '../../src/lib/call/session/peer-mesh';
import { decodeBody, encodeBody } from '../../src/lib/call/session/peer-mesh-wire';
import { createShownSizes } from '../../src/lib/call/session/shown-sizes';

/**
 * Runs in the browser: two devices of one call in one page, with real peer connections, and between them a toy
 * server that keeps the snapshot and delivers signals in order, after a delay.
 */
export type SideName = 'earlier' | 'later';
type Sent = {
	from: SideName;
	kind: SignalKind;
	ufrag: string | null;
	epochs: { from: number; to: number };
	attempt: number;
	/** Of the description, if it is one. */
	sdpLength: number;
};
export type SideFacts = {
	connectionState: string | null;
	signalingState: string | null;
	path: string | null;
	framesDecoded: number;
	totalAudioEnergy: number;
	roundTripMs: number | null;
	bitrateBps: number | null;
	/** What plays the other side: seconds played, and the width of its picture. */
	playedSeconds: number;
	videoWidth: number;
	/** What their picture comes in. */
	codecs: readonly string[];
	videoHeight: number;
	/** The same of the screen they share; 0 while there is none. */
	screenWidth: number;
	connected: number;
	failed: string[];
	/** How often the other side could be told something anew. */
	reachable: number;
};

const CALL_ID = 'c0000000-0000-4000-8000-000000000000';
const IDS: Record<SideName, string> = {
	earlier: 'a0000000-0000-4000-8000-000000000000',
	later: 'b0000000-0000-4000-8000-000000000000'
};
const OTHER: Record<SideName, SideName> = { earlier: 'later', later: 'earlier' };
const NAMES = ['earlier', 'later'] as const;
/** Longer one way than the other, so that offers cross. */
const DELAY_MS: Record<SideName, number> = { earlier: 30, later: 70 };

function createWorld() {
	const epochs: Record<SideName, number> = { earlier: 1, later: 1 };
	const sent: Sent[] = [];
	const reports: string[] = [];
	let version = 1;

	function snapshot(): CallSnapshot {
		return {
			id: CALL_ID,
			roomId: CALL_ID,
			roomName: 'room',
			ring: 'ring',
			direct: true,
			kind: 'video',
			phase: 'active',
			version,
			callerId: IDS.earlier,
			hostId: IDS.earlier,
			startedAt: 1,
			activeAt: 1,
			aloneUntil: null,
			endedAt: null,
			endReason: null,
			failure: null,
			participants: [],
			devices: NAMES.map((name, index) => ({
				deviceId: IDS[name],
				userId: IDS[name],
				presence: 'joined',
				joinOrder: index + 1,
				epoch: epochs[name],
				microphoneEnabled: sides[name].media.microphoneEnabled,
				cameraEnabled: sides[name].media.cameraEnabled,
				screenEnabled: sides[name].screenEnabled,
				mutedByHost: 0,
				handRaisedAt: null
			}))
		};
	}

	function createSide(name: SideName) {
		let seq = 0;
		let connected = 0;
		const failed: string[] = [];
		const heard: ChannelMessage[] = [];
		let reachable = 0;
		let video = createVideo();
		let audio = createAudio();
		const screenVideo = createVideo();
		let codecs: readonly VideoCodec[] = [];
		let screen: ScreenTracks = { screenVideo: null, screenAudio: null };

		const setTracks = () => mesh.setTracks({ ...media.tracks, ...screen });
		const equipment = createEquipment();
		const media = createLocalMedia({ equipment, onChange: setTracks });
		const sizes = createShownSizes();
		const mesh = createPeerMesh({
			callId: CALL_ID,
			deviceId: IDS[name],
			ice: { iceServers: [], iceTransportPolicy: 'all' },
			iceReady: async () => undefined,
			send(_to, envelope) {
				const body = decodeBody(envelope.kind, envelope.body)!;
				const sdp = 'description' in body ? body.description.sdp : '';
				const ufrag = /a=ice-ufrag:(\S+)/.exec(sdp)?.[1] ?? null;
				const { epochs: between, attempt } = body;
				sent.push({
					from: name,
					kind: envelope.kind,
					ufrag,
					epochs: between,
					attempt,
					sdpLength: sdp.length
				});
				const to = OTHER[name];
				const writtenIn = epochs[to];
				setTimeout(() => sides[to].deliver(writtenIn, IDS[name], envelope), DELAY_MS[to]);
			},
			fetchSnapshot: () => new Promise((resolve) => setTimeout(() => resolve(snapshot()), DELAY_MS[name])),
			onChange() {
				const { picture = null, sound = null } = mesh.remotes()[0] ?? {};
				if (video.srcObject !== picture) video.srcObject = picture;
				if (audio.srcObject !== sound) audio.srcObject = sound;
				const shared = mesh.remotes()[0]?.screen ?? null;
				if (screenVideo.srcObject !== shared) screenVideo.srcObject = shared;
			},
			onConnected: () => (connected += 1),
			onFailed: (why) => failed.push(why),
			onSaid: (_from, message) => heard.push(message),
			onReachable: () => (reachable += 1),
			sizes,
			report: (what) => reports.push(`${name}: ${what}`),
			connect: (options) => createPeerConnection({ ...options, codecs })
		});

		return {
			media,
			mesh,
			sizes,
			heard,
			get screenEnabled() {
				return screen.screenVideo !== null;
			},
			setScreen(enabled: boolean) {
				screen.screenVideo?.stop();
				screen = { screenVideo: enabled ? createScreenTrack() : null, screenAudio: null };
				setTracks();
			},
			prefer(wanted: readonly VideoCodec[]) {
				codecs = wanted;
			},
			playAnew() {
				const [picture, sound] = [video.srcObject, audio.srcObject];
				video.remove();
				audio.srcObject = null;
				video = createVideo();
				video.srcObject = picture;
				audio = createAudio();
				audio.srcObject = sound;
			},
			/** The mailbox: what was written in an epoch that has passed is gone. */
			deliver(writtenIn: number, fromDeviceId: string, envelope: DeliveredSignal['envelope']) {
				if (writtenIn !== epochs[name]) return;
				seq += 1;
				mesh.receive({ epoch: writtenIn, seq, callId: CALL_ID, fromDeviceId, envelope });
			},
			beginEpoch() {
				seq = 0;
			},
			async facts(): Promise<SideFacts> {
				await mesh.refreshStatus();
				const status = mesh.remotes()[0]?.status;
				return {
					connectionState: status?.connectionState ?? null,
					signalingState: status?.signalingState ?? null,
					path: status?.path ?? null,
					framesDecoded: status?.framesDecoded ?? 0,
					totalAudioEnergy: status?.totalAudioEnergy ?? 0,
					roundTripMs: status?.roundTripMs ?? null,
					bitrateBps: status?.bitrateBps ?? null,
					playedSeconds: audio.currentTime,
					videoWidth: video.videoWidth,
					codecs: status?.videoCodecs.received ?? [],
					videoHeight: video.videoHeight,
					screenWidth: screenVideo.srcObject ? screenVideo.videoWidth : 0,
					connected,
					failed,
					reachable
				};
			}
		};
	}

	const sides: Record<SideName, ReturnType<typeof createSide>> = {
		earlier: createSide('earlier'),
		later: createSide('later')
	};

	function announce(): void {
		const now = snapshot();
		for (const name of NAMES) setTimeout(() => sides[name].mesh.update(now), DELAY_MS[name]);
	}

	return {
		sides,
		sent,
		reports,
		async start(wanted: { microphone: boolean; camera: boolean }, who: readonly SideName[] = NAMES) {
			for (const name of who) await sides[name].media.open(wanted);
			announce();
		},
		async setCamera(name: SideName, enabled: boolean) {
			await sides[name].media.setCamera(enabled);
			version += 1;
			announce();
		},
		setScreen(name: SideName, enabled: boolean) {
			sides[name].setScreen(enabled);
			version += 1;
			announce();
		},
		/** Before `start`. */
		prefer(name: SideName, ...codecs: VideoCodec[]) {
			sides[name].prefer(codecs);
		},
		/** How large this side shows the camera of the other one. */
		show(name: SideName, size: ShownSize) {
			sides[name].sizes.show(IDS[OTHER[name]], size);
		},
		/** Another element for the same stream, as when a page draws its tiles anew. */
		playAnew(name: SideName) {
			sides[name].playAnew();
		},
		raiseEpoch(name: SideName) {
			epochs[name] += 1;
			version += 1;
			sides[name].beginEpoch();
			announce();
		},
		/** An offer that no browser takes: this side has no hope for its connection then. */
		spoil(name: SideName) {
			const from = OTHER[name];
			const body = encodeBody({
				v: 1,
				epochs: { from: epochs[from], to: epochs[name] },
				attempt: 0,
				description: { type: 'offer', sdp: 'v=0' }
			});
			sides[name].deliver(epochs[name], IDS[from], { v: 1, kind: 'offer', callVersion: version, body });
		},
		/** Each reaction that there is, by the channel. @returns what the other side has heard since, in order */
		async talk(name: SideName): Promise<Reaction[]> {
			const { heard } = sides[OTHER[name]];
			heard.length = 0;
			for (const one of reaction.options) sides[name].mesh.say({ v: 1, type: 'reaction', reaction: one });
			const end = performance.now() + 500;
			while (heard.length < reaction.options.length && performance.now() < end) {
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
			return heard.flatMap((message) => (message.type === 'reaction' ? [message.reaction] : []));
		},
		restartIce(...names: SideName[]) {
			for (const name of names) sides[name].mesh.restartIce();
		},
		close() {
			for (const name of NAMES) {
				sides[name].mesh.close();
				sides[name].media.close();
			}
		}
	};
}

/** A picture that no camera here makes, and that moves. */
function createScreenTrack(): MediaStreamTrack | null {
	const canvas = document.createElement('canvas');
	[canvas.width, canvas.height] = [400, 100];
	const pen = canvas.getContext('2d')!;
	const [track = null] = canvas.captureStream(10).getVideoTracks();
	const timer = setInterval(() => {
		if (track?.readyState !== 'live') return clearInterval(timer);
		pen.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
		pen.fillRect(0, 0, canvas.width, canvas.height);
	}, 100);
	return track;
}

function createAudio(): HTMLAudioElement {
	const audio = new Audio();
	audio.autoplay = true;
	return audio;
}

function createVideo(): HTMLVideoElement {
	const video = document.createElement('video');
	video.autoplay = true;
	document.body.append(video);
	return video;
}

export type World = ReturnType<typeof createWorld>;
declare global {
	interface Window {
		world: World;
	}
}
window.world = createWorld();
