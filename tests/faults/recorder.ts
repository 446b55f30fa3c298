import type { DeliveredSignal } from '../../src/lib/call/core/signal';
import type { CallSnapshot } from '../../src/lib/call/core/snapshot';
import type { Rung } from '../../src/lib/link/link';
import { cursorOf, newDevice, type DeviceFacts, type SignalFacts } from './history';

/** A body is its signal's number, and then anything. */
export function writeBody(number: number, padding: number): string {
	return Buffer.from(`${number} ${'.'.repeat(padding)}`).toString('base64');
}

export function readNumber(body: string): number {
	return Number.parseInt(Buffer.from(body.slice(0, 24), 'base64').toString('utf8'), 10);
}

/** Writes down what happens at the clients while it happens. */
export class Recorder {
	readonly signals = new Map<number, SignalFacts>();
	readonly devices = new Map<string, DeviceFacts>();
	readonly #began = performance.now();
	#lastNumber = 0;
	totals = { queued: 0, acknowledged: 0, tookEffect: 0, epochs: 0 };
	/** How many signals were refused, by key. */
	readonly refusals = new Map<string, number>();
	/** How many signals took effect while their reader stood on each rung, and how often one was reached. */
	readonly rungs = new Map<Rung, { tookEffect: number; reached: number }>();

	now(): number {
		return Math.round(performance.now() - this.#began);
	}

	/** A signal is about to be queued. @returns its number */
	queued(from: string, to: string, callId: string): number {
		const number = ++this.#lastNumber;
		this.signals.set(number, {
			number,
			from,
			to,
			callId,
			queuedAt: this.now(),
			acknowledgedAt: [],
			refusedAt: null
		});
		this.totals.queued += 1;
		return number;
	}

	acknowledged(body: string): void {
		const facts = this.signals.get(readNumber(body));
		if (!facts) return; // an answer from the round before
		if (facts.acknowledgedAt.length === 0) this.totals.acknowledged += 1;
		facts.acknowledgedAt.push(this.now());
	}

	/** The link drops what it holds for that device and call. */
	refused(from: string, to: string, callId: string, key: string): void {
		const when = this.now();
		for (const signal of this.signals.values()) {
			if (isOpen(signal) && signal.from === from && signal.to === to && signal.callId === callId) {
				signal.refusedAt = when;
				this.refusals.set(key, (this.refusals.get(key) ?? 0) + 1);
			}
		}
	}

	opened(deviceId: string, name: string): DeviceFacts {
		const device = newDevice(deviceId, name);
		this.devices.set(deviceId, device);
		return device;
	}

	/** A link says where it stands. */
	stood(rung: Rung): void {
		this.#rung(rung).reached += 1;
	}

	#rung(rung: Rung): { tookEffect: number; reached: number } {
		const counts = this.rungs.get(rung) ?? { tookEffect: 0, reached: 0 };
		this.rungs.set(rung, counts);
		return counts;
	}

	tookEffect(device: DeviceFacts, { epoch, seq, envelope }: DeliveredSignal, rung: Rung): void {
		const number = readNumber(envelope.body);
		device.heard.push({ type: 'signal', number, at: { epoch, seq }, when: this.now() });
		this.totals.tookEffect += 1;
		this.#rung(rung).tookEffect += 1;
	}

	epochRose(device: DeviceFacts, epoch: number): void {
		device.heard.push({ type: 'epoch', epoch, when: this.now() });
		this.totals.epochs += 1;
	}

	/** A newer snapshot than any this device had of that call. */
	sawCall(device: DeviceFacts, call: CallSnapshot): void {
		const present = new Set(call.phase === 'ended' ? [] : call.devices.map((one) => one.deviceId));
		for (const { deviceId, epoch } of call.devices) {
			device.seenEpochs.set(deviceId, Math.max(epoch, device.seenEpochs.get(deviceId) ?? 0));
		}
		for (const deviceId of device.seenEpochs.keys()) {
			if (present.has(deviceId)) device.seenGone.delete(deviceId);
			else device.seenGone.add(deviceId);
		}
	}

	/** How many signals are neither acknowledged nor refused, of devices that go on. */
	unsettled(): number {
		let open = 0;
		for (const signal of this.signals.values()) {
			const from = this.devices.get(signal.from);
			if (isOpen(signal) && from?.endedAt === null && from.forgottenAt === null) open += 1;
		}
		return open;
	}

	/** Forgets a round that has been judged; what goes on begins where it is. */
	beginRound(): void {
		this.signals.clear();
		for (const [deviceId, device] of this.devices) {
			if (device.endedAt !== null || device.forgottenAt !== null) this.devices.delete(deviceId);
			else {
				device.start = cursorOf(device);
				device.heard = [];
			}
		}
	}
}

function isOpen({ acknowledgedAt, refusedAt }: SignalFacts): boolean {
	return acknowledgedAt.length === 0 && refusedAt === null;
}
