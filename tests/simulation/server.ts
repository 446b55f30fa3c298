import type { CallEvent } from '../../src/lib/call/core/call';
import { projectCall } from '../../src/lib/call/core/call-projection';
import { presentDevices, type CallSettings, type CallState } from '../../src/lib/call/core/call-state';
import { ParleyError, type ErrorKey } from '../../src/lib/call/core/errors';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import { applyEvent, refuseTooLate, startOrJoin, type Entry } from '../../src/lib/server/calls/ledger';
import type { Store } from './store';

const MEDIA = { microphoneEnabled: true, cameraEnabled: false };
/** The sweeper's pace, as in the product. */
export const SWEEP_EVERY_MS = 500;

/** What a device asks for. */
export type Ask =
	| { type: 'start'; roomId: string }
	| { type: 'accept'; callId: string }
	| { type: 'join'; callId: string; replaces: string | null }
	| { type: 'decline' | 'end' | 'get'; callId: string }
	| { type: 'mute' | 'remove' | 'hand-over'; callId: string; targetId: string }
	| { type: 'leave' | 'renew' | 'away' | 'connected'; callId: string }
	| { type: 'failed'; callId: string };

export type Asker = { userId: string; deviceId: string };
export type Answer = { call: CallSnapshot | null } | { refused: ErrorKey };

type Hearers = (userIds: readonly string[], callId: string) => void;

/** The product's server, with the store in memory: who may, what is applied to which call, and who hears of it. */
export class Server {
	readonly store: Store;
	readonly #settings: CallSettings;
	readonly #now: () => number;
	readonly #tell: Hearers;
	/** Hears that a device is known no more. */
	readonly #onDeviceEnd: (deviceId: string) => void;
	/** Devices that are known no more. */
	readonly #ended = new Set<string>();
	#made = 0;

	constructor(deps: {
		store: Store;
		settings: CallSettings;
		now: () => number;
		tell: Hearers;
		onDeviceEnd: (deviceId: string) => void;
	}) {
		this.store = deps.store;
		this.#settings = deps.settings;
		this.#now = deps.now;
		this.#tell = deps.tell;
		this.#onDeviceEnd = deps.onDeviceEnd;
	}

	async answer(asker: Asker, ask: Ask): Promise<Answer> {
		try {
			return { call: await this.#handle(asker, ask) };
		} catch (error) {
			if (error instanceof ParleyError) return { refused: error.key };
			throw error;
		}
	}

	/** All live calls that this person may see. */
	liveFor(userId: string): CallSnapshot[] {
		return this.store.live().flatMap(({ id }) => this.see(id, userId) ?? []);
	}

	see(callId: string, userId: string): CallSnapshot | null {
		const call = this.store.calls.get(callId);
		if (!call || !this.store.rooms.get(call.roomId)?.has(userId)) return null;
		return projectCall(call, {
			viewerId: userId,
			roomName: call.roomId,
			ring: 'ring',
			settings: this.#settings,
			nameOf: (id) => id,
			epochOf: (deviceId) => this.store.epochOf(deviceId)
		});
	}

	async sweep(): Promise<void> {
		for (const [callId, deadline] of [...this.store.deadlines]) {
			if (deadline !== null && deadline <= this.#now()) await this.#apply(callId, { type: 'tick' });
		}
	}

	/** After a restart: their silence was ours. */
	forgiveSilence(): void {
		const { leaseLifetimeMs, reconnectGraceMs } = this.#settings;
		const now = this.#now();
		for (const call of this.store.live()) {
			const devices = call.devices.map((device) => ({
				...device,
				leaseUntil: device.leaseUntil && Math.max(device.leaseUntil, now + leaseLifetimeMs),
				graceUntil: device.graceUntil && Math.max(device.graceUntil, now + reconnectGraceMs)
			}));
			this.store.patch({ ...call, devices });
		}
	}

	async removeMember(roomId: string, userId: string): Promise<void> {
		const members = this.store.rooms.get(roomId);
		if (!members?.delete(userId)) return;
		const live = this.store.liveIn(roomId);
		if (!live) return;
		const event = { type: 'member-gone', userId } as const;
		this.#announce(await applyEvent(this.store.tx, live.id, event, this.#settings));
		for (const device of live.devices) if (device.userId === userId) this.endDevice(device.deviceId);
	}

	knows(deviceId: string): boolean {
		return !this.#ended.has(deviceId);
	}

	endDevice(deviceId: string): void {
		this.#ended.add(deviceId);
		this.#onDeviceEnd(deviceId);
	}

	async #handle(asker: Asker, ask: Ask): Promise<CallSnapshot | null> {
		const { userId, deviceId } = asker;
		const asPerson = 'targetId' in ask || ask.type === 'decline' || ask.type === 'end' || ask.type === 'get';
		if (!asPerson && this.#ended.has(deviceId)) throw new ParleyError('device/not-found');
		if (ask.type === 'start') {
			if (!this.store.rooms.get(ask.roomId)?.has(userId)) throw new ParleyError('room/not-found');
			const id = `call-${(this.#made += 1)}`;
			const input = { id, roomId: ask.roomId, userId, deviceId, kind: 'video' as const, ...MEDIA };
			const entries = await startOrJoin(this.store.tx, input, this.#settings);
			for (const entry of entries) this.#announce(entry);
			return this.#require(entries.at(-1)?.call.id ?? id, userId);
		}
		const { callId } = ask;
		this.#require(callId, userId);
		switch (ask.type) {
			case 'get':
				break;
			case 'accept':
				await this.#apply(callId, { type: 'accept', userId, deviceId, ...MEDIA });
				break;
			case 'join': {
				const event = { type: 'join', userId, deviceId, ...MEDIA } as const;
				const entry = await applyEvent(this.store.tx, callId, event, this.#settings);
				this.#announce(entry);
				if (ask.replaces !== null && ask.replaces !== deviceId) this.endDevice(ask.replaces);
				refuseTooLate(entry.call, event);
				break;
			}
			case 'decline':
			case 'end':
				await this.#apply(callId, { type: ask.type, userId });
				break;
			case 'mute':
			case 'remove':
			case 'hand-over':
				await this.#apply(callId, { type: ask.type, userId, targetId: ask.targetId });
				break;
			case 'leave':
				await this.#apply(callId, { type: 'leave', deviceId });
				break;
			case 'away':
				await this.#apply(callId, { type: 'device-silent', deviceId });
				break;
			case 'connected':
				await this.#apply(callId, { type: 'media-connected', deviceId });
				break;
			case 'failed':
				await this.#apply(callId, { type: 'media-failed', deviceId, why: 'No path.' });
				break;
			case 'renew':
				if (!this.#renewLease(callId, deviceId))
					await this.#apply(callId, { type: 'device-heard', deviceId });
		}
		return this.#require(callId, userId);
	}

	async #apply(callId: string, event: CallEvent): Promise<void> {
		const entry = await applyEvent(this.store.tx, callId, event, this.#settings);
		this.#announce(entry);
		refuseTooLate(entry.call, event);
	}

	#renewLease(callId: string, deviceId: string): boolean {
		const call = this.store.calls.get(callId);
		if (!call) return false;
		let renewed = false;
		const devices = call.devices.map((device) => {
			if (device.deviceId !== deviceId || device.presence !== 'joined') return device;
			renewed = true;
			return { ...device, leaseUntil: this.#now() + this.#settings.leaseLifetimeMs };
		});
		if (renewed) this.store.patch({ ...call, devices });
		return renewed;
	}

	#require(callId: string, userId: string): CallSnapshot {
		const call = this.see(callId, userId);
		if (!call) throw new ParleyError('call/not-found');
		return call;
	}

	#announce({ call, hearers }: Entry): void {
		if (hearers.length > 0) this.#tell(hearers, call.id);
	}
}

/** Whether this device is in a live call. */
export function isIn(call: CallState | undefined, deviceId: string): boolean {
	return call !== undefined && presentDevices(call).some((device) => device.deviceId === deviceId);
}
