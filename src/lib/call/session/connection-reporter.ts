import { MAX_REPORTED_PEERS, type PeerReport } from '../core/connection-report';

type ReporterDeps = {
	/** How the connections are now. */
	read: () => PeerReport[];
	send: (peers: PeerReport[]) => Promise<void>;
};

/** What changes together is told together. */
const SETTLE_MS = 500;
/** The server refuses more than that for long. */
const INTERVAL_MS = 2_000;

/**
 * Tells the server how the connections are, for whoever asks why a call does not connect. The call itself never needs it:
 * one that fails is not repeated, and nothing waits for it.
 */
export function createConnectionReporter({ read, send }: ReporterDeps) {
	let told = '[]';
	let toldAt = -Infinity;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let sending = false;
	let closed = false;

	function tell(): void {
		timer = undefined;
		const peers = read().slice(0, MAX_REPORTED_PEERS);
		const telling = JSON.stringify(peers);
		if (peers.length === 0 || telling === told) return;
		told = telling;
		toldAt = performance.now();
		void deliver(peers);
	}

	async function deliver(peers: PeerReport[]): Promise<void> {
		sending = true;
		try {
			await send(peers);
		} catch {
			// The next change is told all the same.
		}
		sending = false;
		noticeChange(); // what changed meanwhile
	}

	function noticeChange(): void {
		if (closed || sending || timer !== undefined) return;
		timer = setTimeout(tell, Math.max(SETTLE_MS, toldAt + INTERVAL_MS - performance.now()));
	}

	return {
		/** Something may have changed. Cheap: call it as often as one likes. */
		noticeChange,
		close(): void {
			closed = true;
			clearTimeout(timer);
		}
	};
}
