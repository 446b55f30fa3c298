import type { DeviceMedia } from '../core/call-state';
import type { ChannelMessage } from '../core/channel-message';
import { LEASE_RENEW_INTERVAL_MS } from '../core/limits';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import { isRelayOnly } from '../media/ice-config';
import type { Tracks } from '../media/lanes';
import type { LocalMedia, LocalMediaNews } from '../media/local-media';
import type { DeviceKind } from '../media/open-devices';
import type { ScreenProblem, ScreenShare } from '../media/screen-share';
import type { CallServer, InCall, MediaChoice } from './call-server';
import { createConnectionReporter } from './connection-reporter';
import { createIceKeeper, type IceKeeper } from './ice-keeper';
import { insist, pause } from './insist';
import { createMediaTelling, type MediaTelling } from './media-telling';
import { isRefusal } from './notices';
import type { PeerMesh, PeerMeshDeps } from './peer-mesh';
import { createShownSizes } from './shown-sizes';

export type CallStayDeps = {
	readonly server: CallServer;
	readonly openMedia: (onChange: () => void, onNews: (news: LocalMediaNews) => void) => LocalMedia;
	readonly openScreen: (onChange: () => void) => ScreenShare;
	readonly createMesh: (deps: PeerMeshDeps) => PeerMesh;
	readonly sendSignal: (callId: string, toDeviceId: string, envelope: SignalEnvelope) => void;
	/** Anything that is shown has changed. */
	readonly onChange: () => void;
	/** A snapshot was fetched on the way. */
	readonly onCall: (call: CallSnapshot) => void;
	/** The server thinks that this device is not in the call. */
	readonly onDoubt: (callId: string) => void;
	/** The host has turned our microphone off. */
	readonly onMuted: () => void;
	/** Whether the person wants no path but by a TURN server. Asked once: it counts for the whole stay. */
	readonly hidesAddress: () => boolean;
	/** They want it, and this server has no TURN server. */
	readonly onAddressShown: () => void;
	/** Something happened to our devices by itself. */
	readonly onMediaNews: (news: LocalMediaNews) => void;
	/** Another device of the call says something by its channel. */
	readonly onSaid: PeerMeshDeps['onSaid'];
	/** Somebody can be told something, who could not before. */
	readonly onReachable: () => void;
};

const STATUS_INTERVAL_MS = 1_000;
/** As a path stands, the first pictures are on their way, and everything else is in theirs. */
const CONNECTED_SAID_AFTER_MS = 300;
/** A page that may use devices is told its network addresses: worth waiting for, though not for long. */
const DEVICES_WITHIN_MS = 1_000;

/**
 * One stay of this device in one call, from the press of the button until it is out again: microphone and camera,
 * connections, lease. It opens the devices at once, and learns which call it is for when the server has answered.
 * Closing it, at whatever moment, ends all that it began.
 */
export class CallStay {
	readonly media: LocalMedia;
	readonly screen: ScreenShare;
	/** Tiles are there before connections are. */
	readonly sizes = createShownSizes();
	readonly #deps: CallStayDeps;
	/** What the person asked for last. */
	#wanted: MediaChoice;
	readonly #opened: Promise<void>;
	#opening = true;
	#at: InCall | null = null;
	#mesh: PeerMesh | null = null;
	#reporter: ReturnType<typeof createConnectionReporter> | null = null;
	#call: CallSnapshot | null = null;
	/** How often a host had turned our microphone off when we looked last. */
	#mutedByHost = 0;
	/** Signals that came before there was a mesh to take them. */
	#early: DeliveredSignal[] = [];
	#ice: { callId: string; keeper: IceKeeper } | null = null;
	readonly #hidesAddress: boolean;
	readonly #telling: MediaTelling;
	#trouble: string | null = null;
	/** That a path stands, which the server is told in a moment. */
	#unsaid: { say: () => Promise<void>; forget: () => void } | null = null;
	/** Resolves when the server has heard, before this device leaves, what it was about to be told. */
	#lastWords: Promise<void> | null = null;
	#timers: ReturnType<typeof setInterval>[] = [];
	#closed = false;

	constructor(deps: CallStayDeps, wanted: MediaChoice) {
		this.#deps = deps;
		this.#wanted = wanted;
		this.#telling = createMediaTelling(
			{
				server: deps.server,
				at: () => this.#at,
				sent: () => this.#sent,
				isClosed: () => this.#closed
			},
			{ ...wanted, screenEnabled: false }
		);
		this.#hidesAddress = deps.hidesAddress();
		this.media = deps.openMedia(() => this.#mediaChanged(), deps.onMediaNews);
		this.screen = deps.openScreen(() => this.#mediaChanged());
		this.#opened = this.media
			.open({ microphone: wanted.microphoneEnabled, camera: wanted.cameraEnabled })
			.then(() => {
				this.#opening = false;
				this.#mediaChanged();
			});
	}

	get closed(): boolean {
		return this.#closed;
	}

	/** Null when the server knows all there is to know of this stay. */
	get lastWords(): Promise<void> | null {
		return this.#lastWords;
	}

	get opening(): boolean {
		return this.#opening;
	}

	get remotes(): ReturnType<PeerMesh['remotes']> {
		return this.#mesh?.remotes() ?? [];
	}

	/** How loud each of the others is just now, 0 to 1; who is muted is silent. */
	get levels(): ReadonlyMap<string, number> {
		const heard = new Map(this.#mesh?.levels());
		for (const { deviceId, microphoneEnabled } of this.#call?.devices ?? []) {
			if (!microphoneEnabled && heard.has(deviceId)) heard.set(deviceId, 0);
		}
		return heard;
	}

	/** Why nobody can be reached; a path that stands after all takes it back. */
	get trouble(): string | null {
		const connected = this.remotes.some((remote) => remote.status?.connectionState === 'connected');
		return connected ? null : this.#trouble;
	}

	/** What is on now; while the devices are being opened, what was asked for. */
	get choice(): MediaChoice {
		if (this.#opening) return this.#wanted;
		const { microphoneEnabled, cameraEnabled } = this.media;
		return { microphoneEnabled, cameraEnabled };
	}

	get #tracks(): Tracks {
		return { ...this.media.tracks, ...this.screen.tracks };
	}

	/** The call is known before the server lets us in: asks for its ICE servers meanwhile. */
	prepare(callId: string): void {
		this.#keepIce(callId);
	}

	#keepIce(callId: string): IceKeeper {
		if (this.#ice?.callId === callId) return this.#ice.keeper;
		this.#ice?.keeper.close();
		const keeper = createIceKeeper({
			ask: () =>
				insist(
					() => this.#deps.server.iceServers(callId),
					() => this.#closed
				),
			hidesAddress: this.#hidesAddress,
			onChange: (config) => this.#mesh?.setIce(config)
		});
		this.#ice = { callId, keeper };
		return keeper;
	}

	/** We are in, as this device, having told `told` of our devices. Under another id, all is connected anew. */
	enter(call: CallSnapshot, deviceId: string, told: MediaChoice): void {
		if (this.#closed) return;
		// Whoever comes in shares nothing yet, but in the same place as before may do so still.
		const screenEnabled = call.devices.some((one) => one.deviceId === deviceId && one.screenEnabled);
		this.#telling.believed({ ...told, screenEnabled });
		this.#disconnect();
		this.#at = { callId: call.id, deviceId };
		this.#call = call;
		this.#mutedByHost = this.#own(call)?.mutedByHost ?? 0;
		this.prepare(call.id);
		for (const timer of this.#timers) clearInterval(timer);
		this.#timers = [
			setInterval(() => void this.renew(), LEASE_RENEW_INTERVAL_MS),
			setInterval(() => void this.#mesh?.refreshStatus(), STATUS_INTERVAL_MS)
		];
		void this.#connect(this.#at);
		void this.#telling.tell();
	}

	update(call: CallSnapshot): void {
		if (call === this.#call) return;
		this.#call = call;
		void this.#tellMesh(call);
		this.#obeyHost(this.#own(call)?.mutedByHost ?? 0);
	}

	/** Whoever has joined is connected with credentials that hold, also by a page that has slept meanwhile. */
	async #tellMesh(call: CallSnapshot): Promise<void> {
		const mesh = this.#mesh;
		const keeper = this.#ice?.keeper;
		if (keeper && !keeper.holds) await keeper.readySoon();
		if (mesh === this.#mesh) mesh?.update(call);
	}

	#own(call: CallSnapshot): DeviceSnapshot | undefined {
		return call.devices.find(({ deviceId }) => deviceId === this.#at?.deviceId);
	}

	#obeyHost(mutedByHost: number): void {
		if (mutedByHost <= this.#mutedByHost) return;
		this.#mutedByHost = mutedByHost;
		if (!this.choice.microphoneEnabled) return;
		void this.setMicrophone(false);
		this.#deps.onMuted();
	}

	receive(signal: DeliveredSignal): void {
		if (this.#mesh) this.#mesh.receive(signal);
		else if (!this.#closed) this.#early.push(signal);
	}

	setMicrophone(microphoneEnabled: boolean): Promise<void> {
		this.#wanted = { ...this.#wanted, microphoneEnabled };
		return this.media.setMicrophone(microphoneEnabled);
	}

	setCamera(cameraEnabled: boolean): Promise<void> {
		this.#wanted = { ...this.#wanted, cameraEnabled };
		return this.media.setCamera(cameraEnabled);
	}

	/** @returns why it is not shared; null where there is nothing to say */
	async setScreen(enabled: boolean): Promise<ScreenProblem | null> {
		if (enabled) return this.screen.start();
		this.screen.stop();
		return null;
	}

	restartIce(): void {
		this.#mesh?.restartIce();
	}

	/** Says it to all who are connected. @returns to how many it was handed over */
	say(message: ChannelMessage): number {
		return this.#mesh?.say(message) ?? 0;
	}

	/** Says that we are still there. */
	async renew(): Promise<void> {
		const at = this.#at;
		if (!at) return;
		try {
			await this.#deps.server.renew(at);
			void this.#telling.tell(); // what could not be told while the server was out of reach
		} catch (error) {
			if (isRefusal(error) && at === this.#at && !this.#closed) this.#deps.onDoubt(at.callId);
		}
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#lastWords = this.#unsaid?.say() ?? null;
		for (const timer of this.#timers) clearInterval(timer);
		this.#disconnect();
		this.#ice?.keeper.close();
		this.#early = [];
		this.sizes.close();
		this.media.close();
		this.screen.close();
	}

	#disconnect(): void {
		this.#unsaid?.forget();
		this.#unsaid = null;
		this.#reporter?.close();
		this.#reporter = null;
		this.#mesh?.close();
		this.#mesh = null;
	}

	async #connect(at: InCall): Promise<void> {
		const keeper = this.#keepIce(at.callId);
		const permitted = this.media.permitted || Promise.race([this.#opened, pause(DEVICES_WITHIN_MS)]);
		await Promise.all([keeper.ready(), permitted]);
		// Who was not invited is told no before they are in. Without servers a call connects within one network still.
		await keeper.ready();
		if (this.#closed || at !== this.#at || !this.#call) return;
		const { server } = this.#deps;
		const ice = keeper.config;
		if (this.#hidesAddress && !isRelayOnly(ice)) this.#deps.onAddressShown();
		const reporter = createConnectionReporter({
			read: () => mesh.reports(),
			send: (peers) => server.reportConnection({ ...at, peers })
		});
		this.#reporter = reporter;
		const mesh = this.#deps.createMesh({
			...at,
			ice,
			iceReady: () => keeper.readySoon(),
			send: (toDeviceId, envelope) => this.#deps.sendSignal(at.callId, toDeviceId, envelope),
			fetchSnapshot: async () => {
				const call = await server.get(at.callId);
				this.#deps.onCall(call);
				return call;
			},
			onChange: () => {
				if (this.#closed) return;
				reporter.noticeChange();
				this.#deps.onChange();
			},
			onConnected: () => this.#connected(at),
			onFailed: (why) => {
				this.#trouble = why;
				void this.#report(() => server.failed({ ...at, why }));
				this.#deps.onChange();
			},
			onSaid: this.#deps.onSaid,
			onReachable: this.#deps.onReachable,
			sizes: this.sizes
		});
		this.#mesh = mesh;
		mesh.setTracks(this.#tracks);
		mesh.update(this.#call);
		for (const signal of this.#early.splice(0)) mesh.receive(signal);
		this.#deps.onChange();
	}

	#connected(at: InCall): void {
		const say = () => {
			clearTimeout(timer);
			this.#unsaid = null;
			return this.#report(() => this.#deps.server.connected(at));
		};
		const timer = setTimeout(() => void say(), CONNECTED_SAID_AFTER_MS);
		this.#unsaid = { say, forget: () => clearTimeout(timer) };
	}

	/** Tells the server something that it may well refuse to hear: the call may be over meanwhile. Never rejects. */
	#report(tell: () => Promise<void>): Promise<void> {
		return insist(tell, () => this.#closed).catch(() => undefined);
	}

	#mediaChanged(): void {
		if (this.#closed) return;
		this.#mesh?.setTracks(this.#tracks);
		void this.#telling.tell();
		this.#deps.onChange();
	}

	/** What the system holds back does not reach the others, whatever its person has chosen. */
	get #sent(): DeviceMedia {
		const { microphoneEnabled, cameraEnabled } = this.choice;
		const passes = (kind: DeviceKind) =>
			!this.media.problems.some(({ device, reason }) => device === kind && reason === 'held-back');
		return {
			microphoneEnabled: microphoneEnabled && passes('microphone'),
			cameraEnabled: cameraEnabled && passes('camera'),
			screenEnabled: this.screen.enabled
		};
	}
}
