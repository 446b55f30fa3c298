import { iceConfigOf, type IceConfig } from '../media/ice-config';
import { pause } from './insist';

/** What the server answers. Its instants are by its own clock, Unix milliseconds; null: nothing in it expires. */
export type IceAnswer = { iceServers: RTCIceServer[]; expiresAt: number | null; serverNow: number };

export type IceKeeperDeps = {
	/** Rejects when the server refuses, or is out of reach for long. */
	readonly ask: () => Promise<IceAnswer>;
	/** What the person chose: no path but by a TURN server, where there is one. */
	readonly hidesAddress: boolean;
	/** There is a new list: the first one, or one with new credentials. */
	readonly onChange: (config: IceConfig) => void;
	/** Milliseconds of a clock that goes on while the machine sleeps. */
	readonly now?: () => number;
};

export type IceKeeper = {
	/** With the newest list; with none as long as the server has not given one. */
	readonly config: IceConfig;
	/** Whether that list can be used for a while yet. */
	readonly holds: boolean;
	/** Resolves when the list holds, at once if it does, or when the server could not be asked. Never rejects. */
	ready(): Promise<void>;
	/** The same, in three seconds at most. */
	readySoon(): Promise<void>;
	close(): void;
};

/** With less time than this, credentials may run out between here and the TURN server. */
const MARGIN_MS = 30_000;
const RETRY_MS = 30_000;
/** A new path by old credentials is better than none: some paths need no TURN server. */
const SOON_MS = 3_000;

/**
 * Keeps the ICE servers of one call, so that whoever connects anew or looks for a new path after hours does it with
 * credentials that hold. They are renewed half-way, because a path that breaks is no time to ask for anything; and
 * for who wakes from sleep, when they are needed.
 */
export function createIceKeeper({ ask, hidesAddress, onChange, now = Date.now }: IceKeeperDeps): IceKeeper {
	let config = iceConfigOf(null, hidesAddress);
	let endsAt = -Infinity;
	let asking: Promise<void> | null = null;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let closed = false;

	function renewAfter(ms: number): void {
		clearTimeout(timer);
		if (!closed) timer = setTimeout(() => void renew(), ms);
	}

	function renew(): Promise<void> {
		asking ??= askOnce().finally(() => (asking = null));
		return asking;
	}

	async function askOnce(): Promise<void> {
		const askedAt = now();
		try {
			const answer = await ask();
			if (closed) return;
			config = iceConfigOf(answer.iceServers, hidesAddress);
			// By how long they live and not until when: this device's clock may be wrong.
			const livesMs = answer.expiresAt === null ? Infinity : answer.expiresAt - answer.serverNow;
			endsAt = askedAt + livesMs;
			if (livesMs !== Infinity) renewAfter(Math.max(livesMs / 2, RETRY_MS));
			onChange(config);
		} catch {
			renewAfter(RETRY_MS);
		}
	}

	const holds = () => now() < endsAt - MARGIN_MS;
	const ready = () => (closed || holds() ? Promise.resolve() : renew());
	void renew();
	return {
		get config() {
			return config;
		},
		get holds() {
			return holds();
		},
		ready,
		readySoon: () => (holds() ? Promise.resolve() : Promise.race([ready(), pause(SOON_MS)])),
		close() {
			closed = true;
			clearTimeout(timer);
		}
	};
}
