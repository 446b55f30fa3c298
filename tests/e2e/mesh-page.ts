import type { DeliveredSignal, SignalKind } from '../../src/lib/call/core/signal';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import { createLocalMedia } from '../../src/lib/call/media/local-media';
import { createPeerMesh } from '../../src/lib/call/session/peer-mesh';
import { decodeBody, encodeBody } from '../../src/lib/call/session/peer-mesh-wire';

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
	connected: number;
	failed: string[];
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
				mutedByHost: 0
			}))
		};
	}

	function createSide(name: SideName) {
		let seq = 0;
		let connected = 0;
		const failed: string[] = [];
		let video = createVideo();

		const media = createLocalMedia({ onChange: () => mesh.setTracks(media.tracks) });
		const mesh = createPeerMesh({
			callId: CALL_ID,
			deviceId: IDS[name],
			iceServers: [],
			send(_to, envelope) {
				const body = decodeBody(envelope.kind, envelope.body)!;
				const sdp = 'description' in body ? body.description.sdp : '';
				const ufrag = /a=ice-ufrag:(\S+)/.exec(sdp)?.[1] ?? null;
				const { epochs: between, attempt } = body;
				sent.push({ from: name, kind: envelope.kind, ufrag, epochs: between, attempt });
				const to = OTHER[name];
				const writtenIn = epochs[to];
				setTimeout(() => sides[to].deliver(writtenIn, IDS[name], envelope), DELAY_MS[to]);
			},
			fetchSnapshot: () => new Promise((resolve) => setTimeout(() => resolve(snapshot()), DELAY_MS[name])),
			onChange() {
				const stream = mesh.remotes()[0]?.stream ?? null;
				if (video.srcObject !== stream) video.srcObject = stream;
			},
			onConnected: () => (connected += 1),
			onFailed: (why) => failed.push(why),
			report: (what) => reports.push(`${name}: ${what}`)
		});

		return {
			media,
			mesh,
			playAnew() {
				const { srcObject } = video;
				video.remove();
				video = createVideo();
				video.srcObject = srcObject;
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
					playedSeconds: video.currentTime,
					videoWidth: video.videoWidth,
					connected,
					failed
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
