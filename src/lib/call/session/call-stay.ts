import { LEASE_RENEW_INTERVAL_MS } from '../core/limits';
import type { DeliveredSignal, SignalEnvelope } from '../core/signal';
import type { CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import type { LocalMedia } from '../media/local-media';
import type { CallServer, MediaChoice } from './call-server';
import { createConnectionReporter } from './connection-reporter';
import { insist, pause } from './insist';
import { isRefusal } from './notices';
import type { PeerMesh, PeerMeshDeps } from './peer-mesh';

export type CallStayDeps = {
	readonly server: CallServer;
	readonly openMedia: (onChange: () => void) => LocalMedia;
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
};

const STATUS_INTERVAL_MS = 1_000;
/** Once its devices may be used, a page may name its network addresses: worth waiting for, though not for long. */
const DEVICES_WITHIN_MS = 1_000;

/**
 * One stay of this device in one call, from the press of the button until it is out again: microphone and camera,
 * connections, lease. It opens the devices at once, and learns which call it is for when the server has answered.
 * Closing it, at whatever moment, ends all that it began.
 */
export class CallStay {
	readonly media: LocalMedia;
	readonly #deps: CallStayDeps;
	/** What the person asked for last. */
	#wanted: MediaChoice;
	readonly #opened: Promise<void>;
	#opening = true;
	#at: { callId: string; deviceId: string } | null = null;
	#mesh: PeerMesh | null = null;
	#reporter: ReturnType<typeof createConnectionReporter> | null = null;
	#call: CallSnapshot | null = null;
	/** How often a host had turned our microphone off when we looked last. */
	#mutedByHost = 0;
	/** Signals that came before there was a mesh to take them. */
	#early: DeliveredSignal[] = [];
	#ice: { callId: string; servers: Promise<RTCIceServer[] | null> } | null = null;
	/** What the server believes of our devices. */
	#told: MediaChoice;
	#telling = false;
	#trouble: string | null = null;
	#timers: ReturnType<typeof setInterval>[] = [];
	#closed = false;

	constructor(deps: CallStayDeps, wanted: MediaChoice) {
		this.#deps = deps;
		this.#wanted = wanted;
		this.#told = wanted;
		this.media = deps.openMedia(() => this.#mediaChanged());
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

	get opening(): boolean {
		return this.#opening;
	}

	get remotes(): ReturnType<PeerMesh['remotes']> {
		return this.#mesh?.remotes() ?? [];
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

	/** The call is known before the server lets us in: asks for its ICE servers meanwhile. */
	prepare(callId: string): void {
		if (this.#ice?.callId !== callId) this.#ice = { callId, servers: this.#askForIce(callId) };
	}

	/** We are in, as this device, having told `told` of our devices. Under another id, all is connected anew. */
	enter(call: CallSnapshot, deviceId: string, told: MediaChoice): void {
		if (this.#closed) return;
		this.#told = told;
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
		void this.#tellMedia();
	}

	update(call: CallSnapshot): void {
		if (call === this.#call) return;
		this.#call = call;
		this.#mesh?.update(call);
		this.#obeyHost(this.#own(call)?.mutedByHost ?? 0);
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

	restartIce(): void {
		this.#mesh?.restartIce();
	}

	/** Says that we are still there. */
	async renew(): Promise<void> {
		const at = this.#at;
		if (!at) return;
		try {
			await this.#deps.server.renew(at);
			void this.#tellMedia(); // what could not be told while the server was out of reach
		} catch (error) {
			if (isRefusal(error) && at === this.#at && !this.#closed) this.#deps.onDoubt(at.callId);
		}
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const timer of this.#timers) clearInterval(timer);
		this.#disconnect();
		this.#early = [];
		this.media.close();
	}

	#disconnect(): void {
		this.#reporter?.close();
		this.#reporter = null;
		this.#mesh?.close();
		this.#mesh = null;
	}

	async #connect(at: { callId: string; deviceId: string }): Promise<void> {
		const prepared = this.#ice;
		// Used once: whoever connects anew, perhaps hours later, needs credentials of that day.
		this.#ice = null;
		const [early] = await Promise.all([
			prepared?.servers ?? null,
			Promise.race([this.#opened, pause(DEVICES_WITHIN_MS)])
		]);
		// Who was not invited is told no before they are in. Without servers a call connects within one network still.
		const iceServers = early ?? (await this.#askForIce(at.callId)) ?? [];
		if (this.#closed || at !== this.#at || !this.#call) return;
		const { server } = this.#deps;
		const reporter = createConnectionReporter({
			read: () => mesh.reports(),
			send: (peers) => server.reportConnection({ ...at, peers })
		});
		this.#reporter = reporter;
		const mesh = this.#deps.createMesh({
			...at,
			iceServers,
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
			onConnected: () => this.#report(() => server.connected(at)),
			onFailed: (why) => {
				this.#trouble = why;
				this.#report(() => server.failed({ ...at, why }));
				this.#deps.onChange();
			}
		});
		this.#mesh = mesh;
		mesh.setTracks(this.media.tracks);
		mesh.update(this.#call);
		for (const signal of this.#early.splice(0)) mesh.receive(signal);
		this.#deps.onChange();
	}

	/** Tells the server something that it may well refuse to hear: the call may be over meanwhile. */
	#report(tell: () => Promise<void>): void {
		insist(tell, () => this.#closed).catch(() => undefined);
	}

	#askForIce(callId: string): Promise<RTCIceServer[] | null> {
		return insist(
			() => this.#deps.server.iceServers(callId),
			() => this.#closed
		).catch(() => null);
	}

	#mediaChanged(): void {
		if (this.#closed) return;
		this.#mesh?.setTracks(this.media.tracks);
		void this.#tellMedia();
		this.#deps.onChange();
	}

	/** Tells the others which devices are on. One request at a time, and the last word wins. */
	async #tellMedia(): Promise<void> {
		if (this.#telling) return;
		this.#telling = true;
		while (this.#at && !this.#closed && !sameChoice(this.choice, this.#told)) {
			const { choice } = this;
			const at = this.#at;
			try {
				await insist(
					() => this.#deps.server.setMedia({ ...at, ...choice }),
					() => this.#closed
				);
				this.#told = choice;
			} catch {
				break; // not in the call any more, or out of reach: the next renewal says it
			}
		}
		this.#telling = false;
	}
}

function sameChoice(a: MediaChoice, b: MediaChoice): boolean {
	return a.microphoneEnabled === b.microphoneEnabled && a.cameraEnabled === b.cameraEnabled;
}
