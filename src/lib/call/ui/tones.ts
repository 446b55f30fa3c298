import type { Preferences } from '../notify/preferences';
import type { Tone } from '../session/view';
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

const SOFT_EDGE_S = 0.03;
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
	let timer: ReturnType<typeof setInterval> | undefined;
	let playing: Tone | null = null;
	let sounding: OscillatorNode[] = [];
	let once: OscillatorNode[] = [];
	/** Gives up our turn to be heard; null while we neither have it nor wait for it. */
	let giveUp: (() => void) | null = null;

	const resume = () => {
		if (playing && context?.state === 'suspended') context.resume().catch(() => undefined);
	};
	const gestures = ['pointerdown', 'keydown'] as const;
	for (const gesture of gestures) window.addEventListener(gesture, resume, { capture: true });

	function sound(notes: readonly Note[]): OscillatorNode[] {
		const { context, out } = opened();
		return notes.map(([afterS, hertz, lengthS]) => {
			const from = context.currentTime + afterS;
			const oscillator = new OscillatorNode(context, { type: 'sine', frequency: hertz });
			const envelope = new GainNode(context, { gain: 0 });
			envelope.gain.setValueAtTime(0, from);
			envelope.gain.linearRampToValueAtTime(1, from + SOFT_EDGE_S);
			envelope.gain.setValueAtTime(1, from + lengthS - SOFT_EDGE_S);
			envelope.gain.linearRampToValueAtTime(0, from + lengthS);
			oscillator.connect(envelope).connect(out);
			oscillator.start(from);
			oscillator.stop(from + lengthS);
			return oscillator;
		});
	}

	function round(notes: readonly Note[]): void {
		sounding = sound(notes); // the round before is over
	}

	function silence(): void {
		clearInterval(timer);
		giveUp?.();
		giveUp = null;
		for (const oscillator of sounding.splice(0)) oscillator.stop();
	}

	/** As soon as sound is allowed. A suspended clock stands still: what is scheduled then would all be heard at once later. */
	function begin(): void {
		if (!playing || giveUp) return;
		if (context?.state !== 'running') return resume();
		const { notes, everyMs } = patternOf(playing, ringTone);
		const rounds = () => {
			timer = setInterval(() => round(notes), everyMs);
			round(notes);
		};
		// A page that may not make a sound must not keep one silent that may: it takes no turn.
		giveUp = takeTurn(playing === 'ring' ? navigator.locks : undefined, RING_LOCK, rounds);
	}

	/** On first use: a page in which nothing rings needs none. */
	function opened(): { context: AudioContext; out: GainNode } {
		if (context && out) return { context, out };
		const made = new AudioContext();
		const gain = new GainNode(made, { gain: gainOf(loudness) });
		gain.connect(made.destination);
		made.onstatechange = () => (made.state === 'running' ? begin() : silence());
		[context, out] = [made, gain];
		return { context: made, out: gain };
	}

	return {
		play(tone) {
			if (tone === playing) return;
			playing = tone;
			silence();
			if (!tone) return;
			opened();
			begin();
		},
		playOnce(notes) {
			for (const oscillator of once.splice(0)) oscillator.stop();
			const asked = performance.now();
			opened()
				.context.resume()
				// Later it would be about something long past.
				.then(() => performance.now() - asked < ONCE_WITHIN_MS && (once = sound(notes)))
				.catch(() => undefined);
		},
		use(next) {
			const other = next.ringTone !== ringTone;
			({ loudness, ringTone } = next);
			if (out) out.gain.value = gainOf(loudness);
			if (!other || playing !== 'ring') return;
			silence();
			begin();
		},
		close() {
			playing = null;
			silence();
			for (const gesture of gestures) window.removeEventListener(gesture, resume, { capture: true });
			context?.close().catch(() => undefined);
		}
	};
}
