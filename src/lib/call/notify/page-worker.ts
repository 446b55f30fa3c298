import type { PageMessage } from './messages';

/**
 * Registers the service worker, for who lets Parley show notifications. Kit would do so for everybody, also for who
 * merely looks at the sign-in page.
 */
export async function registerWorker(): Promise<void> {
	// Built it is one plain script; the development server hands out modules.
	const type = import.meta.env.DEV ? 'module' : 'classic';
	await navigator.serviceWorker.register('/service-worker.js', { type });
}

/** Null while this browser has none of ours that runs. */
export async function findWorker(): Promise<ServiceWorkerRegistration | null> {
	const found = await navigator.serviceWorker.getRegistration('/');
	return found?.active ? found : null;
}

export async function tellWorker(message: PageMessage): Promise<void> {
	(await findWorker())?.active?.postMessage(message);
}

/** Registered, and ready to subscribe with. */
export async function readyWorker(): Promise<ServiceWorkerRegistration> {
	await registerWorker();
	return navigator.serviceWorker.ready;
}
