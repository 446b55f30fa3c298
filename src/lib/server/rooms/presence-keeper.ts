import { randomUUID } from 'node:crypto';
import { Patience } from '../db/patience';
import type { Told } from './presence-rows';

/** Well below a server's lifetime in the database: one that is told late, or twice, is still alive. */
const RENEW_INTERVAL_MS = 5_000;
const RETRY_MS = 1_000;
/** A page load, another rung, and the pause between two short polls, are no going. */
const LINGER_MS = 4_000;

type KeeperDeps = {
	write: (told: Told) => Promise<{ wasUnknown: boolean }>;
	end: (serverId: string) => Promise<void>;
	/** Hears of the first failure of a row. */
	onError: (error: unknown) => void;
};

/**
 * Knows who reads their news at this server, and tells the database: at once who comes, after a while who has gone, and every
 * 5 s that the server is alive. One statement is under way at a time; what changes meanwhile goes with the next.
 *
 * After a failure nobody knows what was written, or still will be. Then the server goes on under another id, and tells
 * everything under that one; what stands under the old one lapses by itself.
 */
export class PresenceKeeper {
	readonly #deps: KeeperDeps;
	#serverId = randomUUID();
	/** How many readers each has who is here; 0 for who lingers. */
	readonly #readers = new Map<string, number>();
	/** When who lingers has gone: those who go first come first. */
	readonly #lingering = new Map<string, number>();
	/** What the database was not told yet. */
	#came = new Set<string>();
	#gone = new Set<string>();
	#renewAt = 0;
	#failing = false;
	readonly #patience = new Patience('Telling the database who is here');
	#phase: 'idle' | 'started' | 'stopped' = 'idle';
	#timer: { at: number; handle: ReturnType<typeof setTimeout> } | null = null;
	#running: Promise<void> | null = null;

	constructor(deps: KeeperDeps) {
		this.#deps = deps;
	}

	/** Somebody reads here until the function that this returns is called. Never waits. */
	hold(userId: string): () => void {
		const readers = this.#readers.get(userId);
		this.#readers.set(userId, (readers ?? 0) + 1);
		this.#lingering.delete(userId);
		if (readers === undefined) {
			this.#gone.delete(userId);
			this.#came.add(userId);
			if (!this.#failing) this.#wakeBy(performance.now());
		}
		let isHeld = true;
		return () => {
			if (isHeld) this.#release(userId);
			isHeld = false;
		};
	}

	/** Until then nothing is written. */
	start(): void {
		this.#phase = 'started';
		this.#wakeBy(performance.now());
	}

	/** Nobody reads here any more. */
	async stop(): Promise<void> {
		const wasStarted = this.#phase === 'started';
		this.#phase = 'stopped';
		clearTimeout(this.#timer?.handle);
		this.#timer = null;
		await this.#running;
		if (!wasStarted || this.#failing) return; // it lapses
		await this.#patience.waitFor(() => this.#deps.end(this.#serverId)).catch(this.#deps.onError);
	}

	#release(userId: string): void {
		const left = (this.#readers.get(userId) ?? 1) - 1;
		this.#readers.set(userId, left);
		if (left > 0) return;
		const goneAt = performance.now() + LINGER_MS;
		this.#lingering.set(userId, goneAt);
		this.#wakeBy(goneAt);
	}

	#wakeBy(at: number): void {
		if (this.#phase !== 'started' || this.#running) return;
		if (this.#timer) {
			if (this.#timer.at <= at) return;
			clearTimeout(this.#timer.handle);
		}
		const handle = setTimeout(() => this.#run(), Math.max(0, at - performance.now()));
		this.#timer = { at, handle };
	}

	#run(): void {
		this.#timer = null;
		this.#running = this.#tell().finally(() => {
			this.#running = null;
			this.#wakeBy(this.#nextAt());
		});
	}

	#nextAt(): number {
		if (this.#failing) return this.#renewAt;
		if (this.#came.size > 0 || this.#gone.size > 0) return 0;
		const [firstGoneAt = Infinity] = this.#lingering.values();
		return Math.min(this.#renewAt, firstGoneAt);
	}

	async #tell(): Promise<void> {
		const now = performance.now();
		for (const [userId, goneAt] of this.#lingering) {
			if (goneAt > now) break;
			this.#lingering.delete(userId);
			this.#readers.delete(userId);
			this.#came.delete(userId);
			this.#gone.add(userId);
		}
		if (now < this.#renewAt && (this.#failing || (this.#came.size === 0 && this.#gone.size === 0))) return;
		const told = { serverId: this.#serverId, came: [...this.#came], gone: [...this.#gone] };
		const came = this.#came;
		[this.#came, this.#gone] = [new Set(), new Set()];
		try {
			const { wasUnknown } = await this.#patience.waitFor(() => this.#deps.write(told));
			// At the start; or others took us for dead and removed all that we had told.
			if (wasUnknown)
				for (const userId of this.#readers.keys()) if (!came.has(userId)) this.#came.add(userId);
			this.#renewAt = now + RENEW_INTERVAL_MS;
			this.#failing = false;
		} catch (error) {
			if (!this.#failing && this.#phase === 'started') this.#deps.onError(error);
			this.#failing = true;
			this.#serverId = randomUUID();
			[this.#came, this.#gone] = [new Set(this.#readers.keys()), new Set()];
			this.#renewAt = performance.now() + RETRY_MS;
		}
	}
}
