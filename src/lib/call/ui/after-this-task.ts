/**
 * Puts a run off until the task of now and its microtasks are done; asked for again before that, it is one run. A timer would do the
 * same later, and in a hidden page a second later.
 */
export function afterThisTask(run: () => void): { ask(): void; close(): void } {
	const { port1, port2 } = new MessageChannel();
	let asked = false;
	port1.onmessage = () => {
		asked = false;
		run();
	};
	return {
		ask() {
			if (asked) return;
			asked = true;
			port2.postMessage(null);
		},
		close() {
			port1.onmessage = null;
			port1.close();
		}
	};
}
