import { openDevices } from '../src/lib/call/media/open-devices';

let held: MediaStream | null = null;

/** Microphone and camera of a page of `connect`, opened as the product opens them. */
const benchCamera = {
	/** @returns how long it took, ms */
	async open(): Promise<number> {
		const from = performance.now();
		const { tracks, problems } = await openDevices(navigator.mediaDevices, {
			microphone: true,
			camera: true
		});
		const took = performance.now() - from;
		if (!tracks.microphone || !tracks.camera) throw new Error(`No camera: ${JSON.stringify(problems)}`);
		held = new MediaStream([tracks.microphone, tracks.camera]);
		return took;
	},
	/** @throws when it is not open */
	get stream(): MediaStream {
		if (!held) throw new Error('The camera is not open.');
		return held;
	},
	close(): void {
		for (const track of held?.getTracks() ?? []) track.stop();
		held = null;
	}
};

declare global {
	interface Window {
		benchCamera: typeof benchCamera;
	}
}
window.benchCamera = benchCamera;
