import type { IncomingMessage, ServerResponse } from 'node:http';

type HealthDeps = {
	/** False while starting and while draining. */
	isReady: () => boolean;
	/** Asks the database something. */
	ping: () => Promise<unknown>;
	pingWithinMs?: number;
};

function answer(response: ServerResponse, ok: boolean): void {
	response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
	response.end(ok ? 'ok\n' : 'not ready\n');
}

/**
 * Answers `/healthz` (the process runs) and `/readyz` (send people here: the database answers, and we are not on our way
 * out).
 *
 * @returns a function that says whether it took the request
 */
export function createHealth({ isReady, ping, pingWithinMs = 2_000 }: HealthDeps) {
	async function databaseAnswers(): Promise<boolean> {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, pingWithinMs, false)));
		const answers = ping().then(
			() => true,
			() => false
		);
		return Promise.race([answers, late]).finally(() => clearTimeout(timer));
	}

	return function handleHealth(request: IncomingMessage, response: ServerResponse): boolean {
		const path = request.url?.split('?')[0];
		if (path === '/healthz') {
			answer(response, true);
			return true;
		}
		if (path !== '/readyz') return false;
		if (!isReady()) answer(response, false);
		else void databaseAnswers().then((ok) => answer(response, ok));
		return true;
	};
}
