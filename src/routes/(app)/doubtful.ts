import { afterNavigate, beforeNavigate, goto } from '$app/navigation';
import { isServerThere } from '../../reach';

/**
 * Keeps people where they are when the page they want would not come: an error page would take its place, and a call would end with it.
 * Only the server knows: who has no network may still reach one on the same machine. So it is asked, where `inDoubt`.
 */
export function stayUnlessItComes(inDoubt: () => boolean, onStayed: () => void): void {
	let asking: string | null = null;
	let coming: string | null = null;

	/** @param delta steps in the history; none: a page that is new to it */
	async function ask(href: string, delta?: number): Promise<void> {
		asking = href;
		const comes = await isServerThere();
		if (asking !== href) return; // on to something else
		asking = null;
		if (!comes) return onStayed();
		coming = href;
		if (delta) history.go(delta);
		else await goto(href);
	}

	beforeNavigate(({ willUnload, to, delta, cancel }) => {
		const href = to?.url.href;
		if (willUnload || !href || href === coming || !inDoubt()) return;
		cancel();
		void ask(href, delta);
	});

	afterNavigate(() => {
		asking = coming = null;
	});
}
