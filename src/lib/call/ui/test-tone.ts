import { playThrough } from './call-equipment.svelte';
import { playNote } from './play-note';

/** Rising thirds: hertz, each as long as the others. */
const NOTES = [523.25, 659.25, 783.99];
const NOTE_S = 0.35;

/** Plays a short tone on that speaker. Only by a gesture. @returns whether it was played, once it is over */
export async function playTestTone(speakerId: string): Promise<boolean> {
	const context = new AudioContext();
	try {
		// By an element, as the others' voices are: what is heard here is heard there.
		const out = context.createMediaStreamDestination();
		const element = new Audio();
		element.srcObject = out.stream;
		await playThrough(element, speakerId);
		await element.play();
		const ends = NOTES.map((hertz, index) => {
			const from = context.currentTime + index * NOTE_S;
			const oscillator = playNote(out, { hertz, from, lengthS: NOTE_S, gain: 0.3 });
			return new Promise((resolve) => oscillator.addEventListener('ended', resolve));
		});
		await Promise.all(ends);
		element.pause();
		return true;
	} catch {
		return false; // no speaker at all, or a browser that plays nothing
	} finally {
		context.close().catch(() => undefined);
	}
}
