import type { Preferences } from '../notify/preferences';
import type { Tone } from '../session/view';
import { playNote } from './play-note';
import { gainOf, patternOf, type Note } from './tone-patterns';
import { takeTurn } from './turn';

/** What is heard of calls, apart from the people in them. */
export type Tones = {
	/** Plays from now on, until told otherwise; null is silence. */
	play(tone: Tone | null): void;
	/** Plays one round, beside whatever plays on. */
	playOnce(notes: readonly Note[]): void;
	/** In force at once, also for what sounds just now. */
	use(preferences: Pick<Preferences, 'loudness' | 'ringTone'>): void;
	close(): void;
};

/** Two pages of one person are two devices, and both show the ring; one of them is heard. */
const RING_LOCK = 'parley.ring';

/** A browser that is asked for sound begins within this, unless it waits for a gesture. */
const ONCE_WITHIN_MS = 1_000;

/**
 * Makes the tones with WebAudio, so that there is no file to load when it rings. A browser that allows no sound
 * before the first gesture gets it with that gesture, if it still rings then.
 */
export function createTones(preferences: Pick<Preferences, 'loudness' | 'ringTone'>): Tones {
	let { loudness, ringTone } = preferences;
	let context: AudioContext | null = null;
	let out: GainNode | null = null;
	/** Sounds round after round; undefined also while we wait for our turn. */
	let timer: ReturnType<typeof setInterval> | undefined;
	let playing: Tone | null = null;
	let sounding: OscillatorNode[] = [];
	let once: OscillatorNode[] = [];
	/** A round beside the others is about to be heard. */
	let asked = 0;
	/** Gives up our turn to be heard; null while we neither have it nor wait for it. */
	let giveUp: (() => void) | null = null;

	const resume = () => {
		if (playing && context?.state === 'suspended') context.resume().catch(() => undefined);
	};
	const gestures = ['pointerdown', 'keydown'] as const;
	for (const gesture of gestures) window.addEventListener(gesture, resume, { capture: true });

	function sound(notes: readonly Note[]): OscillatorNode[] {
		const { context, out } = opened();
		return notes.map(([afterS, hertz, lengthS]) =>
			playNote(out, { hertz, from: context.currentTime + afterS, lengthS })
		);
	}

	function round(notes: readonly Note[]): void {
		sounding = sound(notes); // the round before is over
	}

	function rounds(): void {
		if (!playing) return;
		const { notes, everyMs } = patternOf(playing, ringTone);
		timer = setInterval(() => round(notes), everyMs);
		round(notes);
	}

	function endRounds(): void {
		clearInterval(timer);
		timer = undefined;
		for (const oscillator of sounding.splice(0)) oscillator.stop();
	}

	function silence(): void {
		endRounds();
		giveUp?.();
		giveUp = null;
	}

	/** As soon as sound is allowed. A suspended clock stands still: what is scheduled then would all be heard at once later. */
	function begin(): void {
		if (!playing || giveUp) return;
		if (context?.state !== 'running') return resume();
		// A page that may not make a sound must not keep one silent that may: it takes no turn.
		giveUp = takeTurn(playing === 'ring' ? navigator.locks : undefined, RING_LOCK, rounds);
	}

	/** On first use: a page in which nothing rings needs none. */
	function opened(): { context: AudioContext; out: GainNode } {
		if (context && out) return { context, out };
		const made = new AudioContext();
		const gain = new GainNode(made, { gain: gainOf(loudness) });
		gain.connect(made.destination);
		made.onstatechange = () => {
			if (made.state === 'running') return begin();
			silence();
			resume(); // it may have been put to rest in the moment in which it was wanted again
		};
		[context, out] = [made, gain];
		return { context: made, out: gain };
	}

	/** A clock that runs keeps the sound card and a core busy, also with silence, for as long as a call lasts. */
	function rest(): void {
		if (!playing && once.length === 0 && asked === 0) context?.suspend().catch(() => undefined);
	}

	async function soundOnce(notes: readonly Note[]): Promise<void> {
		for (const oscillator of once.splice(0)) oscillator.stop();
		const since = performance.now();
		asked += 1;
		await opened()
			.context.resume()
			.catch(() => undefined);
		asked -= 1;
		// Later it would be about something long past.
		if (asked > 0 || context?.state !== 'running' || performance.now() - since > ONCE_WITHIN_MS)
			return rest();
		once = sound(notes);
		for (const oscillator of once) {
			oscillator.onended = () => {
				once = once.filter((other) => other !== oscillator);
				rest();
			};
		}
	}

	return {
		play(tone) {
			if (tone === playing) return;
			playing = tone;
			silence();
			if (!tone) return rest();
			opened();
			begin();
		},
		playOnce: (notes) => void soundOnce(notes),
		use(next) {
			const other = next.ringTone !== ringTone;
			({ loudness, ringTone } = next);
			if (out) out.gain.value = gainOf(loudness);
			if (!other || playing !== 'ring' || timer === undefined) return;
			// Our turn stays ours: another page that waits for it would be heard instead.
			endRounds();
			rounds();
		},
		close() {
			playing = null;
			silence();
			for (const gesture of gestures) window.removeEventListener(gesture, resume, { capture: true });
			context?.close().catch(() => undefined);
		}
	};
}
