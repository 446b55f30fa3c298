import { createContext } from 'svelte';
import { keepLayout, readLayout, type Layout } from '../session/layout-choice';

const storage = () => localStorage;

/**
 * How this page's person wants to see and hear calls: for the components that show them. What is chosen of a tile is kept
 * by its name as long as the page lives, so whoever is gone for a moment is as loud as before.
 */
export class CallStage {
	#layout = $state<Layout>('grid');
	/** The tile that is large, whoever speaks. */
	pinned = $state<string | null>(null);
	/** Full screen: of one tile, or of the call. The whole page is what the browser shows, so dialogs are seen in it, too. */
	#full = $state.raw<{ readonly tile: string | null } | null>(null);
	#volumes = $state.raw<ReadonlyMap<string, number>>(new Map());
	/** Not on the server, and not on iPhones. */
	#canFill = $state(false);

	get layout(): Layout {
		return this.#layout;
	}

	choose(layout: Layout): void {
		keepLayout(layout, storage);
		this.#layout = layout;
	}

	/** 0 to 100. */
	volumeOf(person: string): number {
		return this.#volumes.get(person) ?? 100;
	}

	setVolume(person: string, volume: number): void {
		this.#volumes = new Map([...this.#volumes, [person, volume]]);
	}

	get canFill(): boolean {
		return this.#canFill;
	}

	get full(): { readonly tile: string | null } | null {
		return this.#full;
	}

	/** By a gesture of the person's. @param tile the only one to be seen; null for the call */
	async fill(tile: string | null): Promise<void> {
		try {
			if (!document.fullscreenElement) await document.documentElement.requestFullscreen();
			this.#full = { tile };
		} catch {
			// Forbidden here: all stays as it is.
		}
	}

	leaveFull(): void {
		this.#full = null;
		if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
	}

	/** Of the call. By a gesture of the person's. */
	toggleFull(): void {
		if (this.#full) this.leaveFull();
		else if (this.#canFill) void this.fill(null);
	}

	/** In a browser, once. @returns a function that stops */
	open(): () => void {
		this.#canFill = document.fullscreenEnabled;
		const look = () => (this.#layout = readLayout(storage));
		look();
		const stop = new AbortController();
		const options = { signal: stop.signal };
		window.addEventListener('storage', look, options);
		// Escape, and whatever else the browser has for it.
		document.addEventListener(
			'fullscreenchange',
			() => {
				if (!document.fullscreenElement) this.#full = null;
			},
			options
		);
		return () => stop.abort();
	}
}

export const [getCallStage, setCallStage] = createContext<CallStage>();
