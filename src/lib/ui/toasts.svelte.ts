import { createContext } from 'svelte';
import type { Tone } from './theme';

export type Toast = { readonly id: number; readonly text: string; readonly tone: Tone };

const TOAST_LIFETIME_MS = 6_000;

/** Short words about what just happened. They leave by themselves. */
export class Toasts {
	list = $state.raw<readonly Toast[]>([]);
	#lastId = 0;

	show(text: string, tone: Tone = 'neutral'): void {
		const toast = { id: ++this.#lastId, text, tone };
		this.list = [...this.list, toast].slice(-3);
		setTimeout(() => this.dismiss(toast.id), TOAST_LIFETIME_MS);
	}

	/** Does what somebody asked for, and says when it fails. @returns whether it worked */
	async attempt(work: () => Promise<unknown>, problem: string): Promise<boolean> {
		try {
			await work();
			return true;
		} catch {
			this.show(problem, 'problem');
			return false;
		}
	}

	dismiss(id: number): void {
		this.list = this.list.filter((toast) => toast.id !== id);
	}
}

export const [getToasts, setToasts] = createContext<Toasts>();
