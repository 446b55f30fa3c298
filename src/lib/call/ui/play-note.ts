const SOFT_EDGE_S = 0.03;

/** A note of `lengthS` seconds, from the instant `from` of its context's clock on. Its edges are soft: hard ones click. */
export function playNote(
	out: AudioNode,
	{ hertz, from, lengthS, gain = 1 }: { hertz: number; from: number; lengthS: number; gain?: number }
): OscillatorNode {
	const { context } = out;
	const oscillator = new OscillatorNode(context, { type: 'sine', frequency: hertz });
	const envelope = new GainNode(context, { gain: 0 });
	envelope.gain.setValueAtTime(0, from);
	envelope.gain.linearRampToValueAtTime(gain, from + SOFT_EDGE_S);
	envelope.gain.setValueAtTime(gain, from + lengthS - SOFT_EDGE_S);
	envelope.gain.linearRampToValueAtTime(0, from + lengthS);
	oscillator.connect(envelope).connect(out);
	oscillator.start(from);
	oscillator.stop(from + lengthS);
	return oscillator;
}
