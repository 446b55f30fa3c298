import { offeredRung, type OfferedRung } from '../../src/lib/call/core/rung';
import { assertNever } from '../../src/lib/call/core/step';
import type { TcpProxy } from '../fixtures/tcp-proxy';
import { findListenerPort, performKill } from './kills';
import type { PlannedFault } from './schedule';
import type { RequestTrick } from './wire-tap';
import type { World } from './world';
import type { Writer } from './writer';

/** A request that is to be tricked must come within this time, or the fault has not happened. */
const TRICK_WITHIN_MS = 3_000;
/** From each of the others: together half as much again as a mailbox holds. */
const FLOOD = 500;
const FLOOD_MS = 12_000;
const RUNGS = offeredRung.options;

/**
 * Does to the world what was planned, and takes it back when its time is over. What cannot be done just now (a server
 * that is down already cannot be frozen) is left out and not counted.
 */
export class Performer {
	readonly #world: World;
	/** What lasts, by what it lies on: one at a time each. */
	readonly #lasting = new Map<object, { lift: () => void; timer: NodeJS.Timeout }>();

	#flooded: Writer | null = null;

	constructor(world: World) {
		this.#world = world;
	}

	/** @returns whether it was done */
	perform(fault: PlannedFault): boolean | Promise<boolean> {
		const { clientNetworks, databaseNetworks, redisNetworks, writers, servers } = this.#world;
		const { kind, strength } = fault;
		const pick = <T>(from: readonly T[]): T => from[Math.floor(fault.target * from.length)] as T;
		const ms = (from: number, to: number) => Math.round(from + (to - from) * strength);
		switch (kind) {
			case 'server killed':
			case 'server told to end':
			case 'postgres killed':
			case 'redis killed':
			case 'backend terminated':
			case 'listener terminated':
				return performKill(this.#world, kind, pick(servers), strength);
			case 'listener blackholed':
				return this.#blackholeListener(pick(databaseNetworks), ms(300, 6_000));
			case 'redis connections cut':
				return cut(pick(redisNetworks));
			case 'redis blackholed':
				return this.#blackhole(pick(redisNetworks), ms(300, 6_000));
			case 'server frozen':
				return pick(servers).freeze(ms(300, 4_000));
			case 'server clock jumped':
				return pick(servers).setClock(ms(-600_000, 600_000));
			case 'database connections cut':
				return cut(pick(databaseNetworks));
			case 'database blackholed':
				return this.#blackhole(pick(databaseNetworks), ms(300, 5_000));
			case 'database delayed':
				return this.#delay(pick(databaseNetworks), ms(10, 150), 3_000);
			case 'client connections cut':
				return cut(pick(clientNetworks));
			case 'client blackholed':
				return this.#blackhole(pick(clientNetworks), ms(300, 9_000));
			case 'client delayed':
				return this.#delay(pick(clientNetworks), ms(30, 500), 3_000);
			case 'client refused': {
				const network = pick(clientNetworks);
				const done = this.#impose(network, ms(300, 3_000), () => {
					network.refuse(true);
					return () => network.refuse(false);
				});
				if (done) network.cut();
				return done;
			}
			case 'client silent past the signals’ life':
				return this.#blackhole(pick(clientNetworks), ms(32_000, 44_000));
			case 'request doubled':
				return this.#trick(pick(writers), kind, 0);
			case 'request repeated late':
				return this.#trick(pick(writers), kind, ms(300, 12_000));
			case 'request held back':
				return this.#trick(pick(writers), kind, ms(200, 4_500));
			case 'answer lost':
				return this.#trick(pick(writers), kind, 0);
			case 'slow reader':
				return this.#slowReader(pick(writers), ms(500, 9_000));
			case 'rung forced':
				return this.#forceRung(
					pick(writers),
					RUNGS[Math.floor(strength * RUNGS.length)] ?? 'sse',
					ms(2_000, 12_000)
				);
			case 'page reloaded':
				// The flood is to end with an epoch, not with the device.
				return pick(writers) !== this.#flooded && pick(writers).reload();
			case 'mailbox flooded':
				return this.#flood(pick(writers));
			case 'client clock jumped':
				pick(writers).setClock(ms(-600_000, 600_000));
				return true;
			default:
				return assertNever(kind);
		}
	}

	/** Takes back everything that lasts. */
	heal(): void {
		for (const { lift, timer } of this.#lasting.values()) {
			clearTimeout(timer);
			lift();
		}
		this.#lasting.clear();
	}

	#impose(on: object, forMs: number, begin: () => () => void): boolean {
		if (this.#lasting.has(on)) return false;
		const lift = begin();
		const timer = setTimeout(() => {
			this.#lasting.delete(on);
			lift();
		}, forMs);
		this.#lasting.set(on, { lift, timer });
		return true;
	}

	#blackhole(network: TcpProxy, forMs: number): boolean {
		return this.#impose(network, forMs, () => {
			network.blackhole();
			return () => network.restore();
		});
	}

	/** Only what the bus listens on: the server's queries go on. */
	async #blackholeListener(network: TcpProxy, forMs: number): Promise<boolean> {
		const port = await findListenerPort(this.#world, network);
		return (
			port !== null &&
			this.#impose(network, forMs, () => {
				network.blackhole(port);
				return () => network.restore();
			})
		);
	}

	#delay(network: TcpProxy, byMs: number, forMs: number): boolean {
		return this.#impose(network, forMs, () => {
			network.delay(byMs);
			return () => network.delay(0);
		});
	}

	#trick(writer: Writer, trick: RequestTrick, ms: number): Promise<boolean> {
		return writer.tap.arm(trick, ms, TRICK_WITHIN_MS);
	}

	#slowReader(writer: Writer, forMs: number): boolean {
		if (writer.rung !== 'websocket' && writer.rung !== 'sse') return false;
		return this.#impose(writer.tap, forMs, () => {
			writer.tap.stopReading();
			return () => writer.tap.readAgain();
		});
	}

	#forceRung(writer: Writer, rung: OfferedRung, forMs: number): boolean {
		return this.#impose(writer, forMs, () => {
			writer.choose(rung);
			return () => writer.choose(null);
		});
	}

	/** More than a mailbox holds, while its reader hears nothing: its epoch must rise. */
	#flood(reader: Writer): boolean {
		const network = this.#world.clientNetworks[this.#world.writers.indexOf(reader)];
		const { deviceId } = reader;
		if (!network || !deviceId || !this.#blackhole(network, FLOOD_MS)) return false;
		this.#flooded = reader;
		for (const writer of this.#world.writers) {
			if (writer.others.includes(deviceId)) writer.send(deviceId, FLOOD, 20);
		}
		return true;
	}
}

function cut(network: TcpProxy): boolean {
	if (network.connections() === 0) return false;
	network.cut();
	return true;
}
