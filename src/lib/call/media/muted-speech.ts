import { measureLoudness } from './level-meter';

/** What was heard of a muted microphone so far. */
export type MutedSpeech = {
	/** The loudness of the room when nobody speaks, in decibels of full scale; null before the first look. */
	readonly noiseDb: number | null;
	/** The last looks, newest first: was it a voice? */
	readonly voiced: readonly boolean[];
	/** When it was pointed out last, in milliseconds; null if it never was. */
	readonly saidAt: number | null;
};

export const QUIET: MutedSpeech = { noiseDb: null, voiced: [], saidAt: null };

/** Softer than this is no voice, however quiet the room. */
const SOFTEST_VOICE_DB = -45;
const ABOVE_NOISE_DB = 12;
/** Per look. */
const NOISE_RISES_DB = 0.3;
/** A word or two: of the last ten looks, one second, so many. A key, a cough or a door is shorter. */
const LOOKS = 10;
const VOICED_LOOKS = 6;
/** Whoever was told, and stays muted, knows it. */
const NOT_AGAIN_WITHIN_MS = 60_000;

/** One look at the microphone. @returns what is known now, and whether its person is to be told */
export function hear(
	state: MutedSpeech,
	loudnessDb: number,
	atMs: number
): { state: MutedSpeech; say: boolean } {
	// The system's own mute gives exact silence, which is no measure of the room.
	if (loudnessDb === -Infinity) return { state: { ...state, voiced: [] }, say: false };
	// Down at once, up slowly: a fan that is turned on becomes the room within seconds, a sentence has pauses.
	const noiseDb = Math.min(loudnessDb, (state.noiseDb ?? loudnessDb) + NOISE_RISES_DB);
	const isVoice = loudnessDb > Math.max(SOFTEST_VOICE_DB, noiseDb + ABOVE_NOISE_DB);
	const voiced = [isVoice, ...state.voiced].slice(0, LOOKS);
	const speaks = voiced.filter(Boolean).length >= VOICED_LOOKS;
	const isNews = state.saidAt === null || atMs - state.saidAt >= NOT_AGAIN_WITHIN_MS;
	if (!speaks || !isNews) return { state: { ...state, noiseDb, voiced }, say: false };
	return { state: { noiseDb, voiced: [], saidAt: atMs }, say: true };
}

/** Listens to muted microphones of one call, one at a time, and remembers when it was pointed out last. */
export function createSpeechMinder(
	now: () => number
): (track: MediaStreamTrack, onSpeech: () => void) => () => void {
	let saidAt: number | null = null;
	return (track, onSpeech) => {
		let state = { ...QUIET, saidAt };
		return measureLoudness(track, (loudnessDb) => {
			const heard = hear(state, loudnessDb, now());
			state = heard.state;
			saidAt = state.saidAt;
			if (heard.say) onSpeech();
		});
	};
}
