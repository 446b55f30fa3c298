import type { OfferedRung } from '$lib/call/core/rung';
import { keepChoice, readChoice, type Choice } from '$lib/link/choice';
import type { Link } from '$lib/link/link';
import { createContext } from 'svelte';

const storage = () => localStorage;

/** How this browser wants to be reached: kept for all its pages, unless a page's own address says otherwise. */
export class Connection {
	/** The setting; null is automatic. */
	kept = $state<OfferedRung | null>(null);
	/** What this page is held to by its address, until it is loaded anew. */
	readonly byAddress: OfferedRung | null;
	readonly #apply: Link['choose'];

	constructor(choice: Choice, apply: Link['choose']) {
		this.byAddress = choice?.by === 'address' ? choice.rung : null;
		this.kept = choice?.by === 'settings' ? choice.rung : null;
		this.#apply = apply;
	}

	choose(rung: OfferedRung | null): void {
		keepChoice(rung, { storage });
		this.#take(rung);
	}

	/** Reads what is kept, and what other tabs change of it. @returns a function that stops */
	follow(): () => void {
		const look = () => this.#take(readChoice({ storage })?.rung ?? null);
		look();
		window.addEventListener('storage', look);
		return () => window.removeEventListener('storage', look);
	}

	#take(rung: OfferedRung | null): void {
		this.kept = rung;
		if (!this.byAddress) this.#apply(rung && { rung, by: 'settings' });
	}
}

export const [getConnection, setConnection] = createContext<Connection>();
