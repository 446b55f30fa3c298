import { failureOf } from '../../src/lib/link/api';
import { createLink } from '../../src/lib/link/create-link';
import type { Choice } from '../../src/lib/link/choice';
import type { Link, LinkNews, Rung } from '../../src/lib/link/link';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import type { OfferedRung } from '../../src/lib/call/core/rung';
import { LEASE_RENEW_INTERVAL_MS } from '../../src/lib/call/core/limits';
import type { DeviceFacts } from './history';
import { writeBody, type Recorder } from './recorder';
import { WireTap } from './wire-tap';

export type WriterOptions = {
	name: string;
	roomId: string;
	token: string;
	/** Where it believes its server to be: its own piece of network. */
	origin: string;
	recorder: Recorder;
	/** Something happened that no fault explains. */
	complain: (text: string) => void;
};

const MEDIA = { microphoneEnabled: true, cameraEnabled: false };
const TRY_AGAIN_MS = 400;
const REQUEST_WITHIN_MS = 8_000;

/**
 * One person's page without the page: the product's own link, a place in the room's call, and somebody who sends
 * numbered signals to the others in it and writes down what arrives.
 */
export class Writer {
	readonly name: string;
	readonly tap: WireTap;
	readonly #options: WriterOptions;
	#link: Link;
	#device: DeviceFacts | null = null;
	#call: CallSnapshot | null = null;
	/** Where this page was before it was reloaded: the next join replaces that device. */
	#before: { callId: string; deviceId: string } | null = null;
	#entering = false;
	#clockOffsetMs = 0;
	#choice: Choice = null;
	#stopped = false;
	readonly #lease: NodeJS.Timeout;

	constructor(options: WriterOptions) {
		this.#options = options;
		this.name = options.name;
		const { origin, token, recorder } = options;
		this.tap = new WireTap({
			origin,
			token,
			onAcknowledged: (bodies) => bodies.forEach((body) => recorder.acknowledged(body))
		});
		this.#link = this.#begin();
		this.#lease = setInterval(() => void this.#renew(), LEASE_RENEW_INTERVAL_MS);
	}

	get deviceId(): string | null {
		return this.#device?.deviceId ?? null;
	}

	get rung(): Rung {
		return this.#link.status.rung;
	}

	/** The newest snapshot of the call that this device is in. */
	get call(): CallSnapshot | null {
		const call = this.#call;
		return call?.phase !== 'ended' && call?.devices.some(({ deviceId }) => deviceId === this.deviceId)
			? call
			: null;
	}

	/** The other devices of its call. */
	get others(): string[] {
		const devices = this.call?.devices ?? [];
		return devices.map(({ deviceId }) => deviceId).filter((deviceId) => deviceId !== this.deviceId);
	}

	/** @returns how many were queued: none while this page is no device of a call */
	send(to: string, count: number, padding: number): number {
		const { deviceId, call } = this;
		if (!deviceId || !call || this.#link.deviceId !== deviceId) return 0;
		for (let i = 0; i < count; i += 1) {
			const number = this.#options.recorder.queued(deviceId, to, call.id);
			this.#link.sendSignal(call.id, to, {
				v: 1,
				kind: i === 0 ? 'offer' : 'candidates',
				callVersion: call.version,
				body: writeBody(number, padding)
			});
		}
		return count;
	}

	/** Holds the link to one rung, as a person may; null gives it the whole ladder back. */
	choose(rung: OfferedRung | null): void {
		this.#choice = rung && { rung, by: 'settings' };
		this.#link.choose(this.#choice);
	}

	setClock(offsetMs: number): void {
		this.#clockOffsetMs = offsetMs;
	}

	/** The page goes, and comes back as another device in the same call. @returns whether it was in one */
	reload(): boolean {
		if (!this.#device || !this.call) return false;
		this.#link.stop();
		this.#before = { callId: this.call.id, deviceId: this.#device.deviceId };
		this.#device.endedAt = this.#options.recorder.now();
		this.#device = null;
		this.#call = null;
		this.#link = this.#begin();
		return true;
	}

	stop(): void {
		this.#stopped = true;
		clearInterval(this.#lease);
		this.#link.stop();
	}

	#begin(): Link {
		const link = createLink({
			origin: this.#options.origin,
			fetch: this.tap.fetch,
			WebSocket: this.tap.WebSocket,
			EventSource: this.tap.EventSource,
			choice: this.#choice,
			now: () => Date.now() + this.#clockOffsetMs,
			report: ({ what, where }) => this.#complain(`cannot read a ${what} (${where})`)
		});
		link.setInCall(true);
		link.listen((news) => {
			if (link === this.#link) this.#hear(news);
		});
		// The first news comes after this has returned.
		queueMicrotask(() => link.start());
		return link;
	}

	#complain(text: string): void {
		this.#options.complain(`${this.name}: ${text}`);
	}

	#hear(news: LinkNews): void {
		const { recorder } = this.#options;
		const device = this.#device;
		switch (news.type) {
			case 'device':
				if (device) device.forgottenAt = recorder.now();
				this.#device = recorder.opened(news.deviceId, this.name);
				this.#call = null;
				void this.#enter();
				return;
			case 'state': {
				const call = news.state.calls.find(({ roomId }) => roomId === this.#options.roomId);
				if (call) this.#see(call);
				else if (this.#call) this.#see({ ...this.#call, phase: 'ended', devices: [] });
				else void this.#enter();
				return;
			}
			case 'call':
				if (news.call.roomId === this.#options.roomId) this.#see(news.call);
				return;
			case 'signal':
				if (device) recorder.tookEffect(device, news.signal, this.rung);
				return;
			case 'epoch':
				if (device) recorder.epochRose(device, news.epoch);
				return;
			case 'send-refused':
				if (device) recorder.refused(device.deviceId, news.toDeviceId, news.callId, news.key);
				return;
			case 'status':
				recorder.stood(news.status.rung);
				return;
			case 'signed-out':
				this.#complain('was signed out');
				return;
			default:
				return;
		}
	}

	#see(call: CallSnapshot): void {
		const known = this.#call;
		if (known?.id === call.id && known.version > call.version) return;
		// Of a call that has ended we hear late; the newer one goes on.
		if (known && known.id !== call.id && known.startedAt > call.startedAt) return;
		this.#call = call;
		if (this.#device) this.#options.recorder.sawCall(this.#device, call);
		if (!this.call) void this.#enter();
	}

	/** Into the room's call, or with a new one when there is none; again and again, until it is in. */
	async #enter(): Promise<void> {
		if (this.#entering) return;
		this.#entering = true;
		while (!this.#stopped && this.#device && !this.call) {
			const device = this.#device;
			try {
				const call = await this.#askIn(device.deviceId);
				if (this.#device !== device) continue;
				this.#before = null;
				this.#see(call);
			} catch (error) {
				// That call is over, and the old device's place in it.
				if (failureOf(error)?.key.startsWith('call/')) this.#before = null;
				await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
			}
		}
		this.#entering = false;
	}

	#askIn(deviceId: string): Promise<CallSnapshot> {
		const { calls } = this.#link.api;
		const before = this.#before;
		const within = { signal: AbortSignal.timeout(REQUEST_WITHIN_MS) };
		if (!before)
			return calls.start.mutate({ roomId: this.#options.roomId, deviceId, kind: 'audio', ...MEDIA }, within);
		return calls.join.mutate(
			{ callId: before.callId, deviceId, replaces: before.deviceId, ...MEDIA },
			within
		);
	}

	async #renew(): Promise<void> {
		const { deviceId, call } = this;
		if (!deviceId || !call) return;
		try {
			const within = { signal: AbortSignal.timeout(REQUEST_WITHIN_MS) };
			await this.#link.api.calls.renew.mutate({ callId: call.id, deviceId }, within);
		} catch (error) {
			const code = failureOf(error)?.key;
			// It is not in the call any more, and missed the news: start() brings it in and shows the call.
			if (!code?.startsWith('call/') || this.#call !== call) return;
			this.#call = null;
			void this.#enter();
		}
	}
}
