import type { Tone } from '../session/view';
import { takeTurn } from './turn';

/** What is heard while it rings. */
export type Tones = {
	/** Plays from now on, until told otherwise; null is silence. */
	play(tone: Tone | null): void;
	/** @param loudness 0 to 1 */
	setLoudness(loudness: number): void;
	close(): void;
};

/** A note: how long after the pattern's beginning, how high, how long. */
type Note = readonly [afterS: number, hertz: number, lengthS: number];

const PATTERNS: Record<Tone, { everyMs: number; notes: readonly Note[] }> = {
	// A falling third, twice.
	ring: {
		everyMs: 3_000,
		notes: [
			[0, 659.3, 0.5],
			[0.18, 523.3, 0.7],
			[0.7, 659.3, 0.5],
			[0.88, 523.3, 0.9]
		]
	},
	// What European exchanges say: 425 Hz, one second in five.
	ringback: { everyMs: 5_000, notes: [[0, 425, 1]] },
	// Twice and short, below what is being said.
	waiting: {
		everyMs: 6_000,
		notes: [
			[0, 440, 0.15],
			[0.3, 440, 0.15]
		]
	}
};

const DEFAULT_LOUDNESS = 0.12;
const SOFT_EDGE_S = 0.03;
/** Two pages of one person are two devices, and both show the ring; one of them is heard. */
const RING_LOCK = 'parley.ring';

/**
 * Makes the tones with WebAudio, so that there is no file to load when it rings. A browser that allows no sound
 * before the first gesture gets it with that gesture, if it still rings then.
 */
export function createTones(loudness = DEFAULT_LOUDNESS): Tones {
	let context: AudioContext | null = null;
	let out: GainNode | null = null;
	let timer: ReturnType<typeof setInterval> | undefined;
	let playing: Tone | null = null;
	let sounding: OscillatorNode[] = [];
	/** Gives up our turn to be heard; null while we neither have it nor wait for it. */
	let giveUp: (() => void) | null = null;

	const resume = () => {
		if (playing && context?.state === 'suspended') context.resume().catch(() => undefined);
	};
	const gestures = ['pointerdown', 'keydown'] as const;
	for (const gesture of gestures) window.addEventListener(gesture, resume, { capture: true });

	function sound(notes: readonly Note[]): void {
		if (!context || !out) return;
		for (const [afterS, hertz, lengthS] of notes) {
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
			oscillator.onended = () => (sounding = sounding.filter((one) => one !== oscillator));
			sounding.push(oscillator);
		}
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
		const { notes, everyMs } = PATTERNS[playing];
		const rounds = () => {
			timer = setInterval(() => sound(notes), everyMs);
			sound(notes);
		};
		// A page that may not make a sound must not keep one silent that may: it takes no turn.
		giveUp = takeTurn(playing === 'ring' ? navigator.locks : undefined, RING_LOCK, rounds);
	}

	function open(): void {
		context = new AudioContext();
		out = new GainNode(context, { gain: loudness });
		out.connect(context.destination);
		context.onstatechange = () => (context?.state === 'running' ? begin() : silence());
	}

	return {
		play(tone) {
			if (tone === playing) return;
			playing = tone;
			silence();
			if (!tone) return;
			if (!context) open();
			begin();
		},
		setLoudness(next) {
			loudness = next;
			if (out) out.gain.value = next;
		},
		close() {
			playing = null;
			silence();
			for (const gesture of gestures) window.removeEventListener(gesture, resume, { capture: true });
			context?.close().catch(() => undefined);
		}
	};
}
