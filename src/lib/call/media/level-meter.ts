const EVERY_MS = 100;
/** What is shown as nothing, and as full, in decibels of full scale. */
const FLOOR_DB = -60;
const CEILING_DB = -10;

/** @returns root mean square in decibels of full scale; -Infinity for what the system gives instead of sound */
export function loudnessDb(samples: Float32Array): number {
	let sum = 0;
	for (const sample of samples) sum += sample * sample;
	return sum === 0 ? -Infinity : 10 * Math.log10(sum / samples.length);
}

/** @returns 0 to 100, as the eye expects it of what the ear hears */
export function levelOf(db: number): number {
	const share = (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
	return Math.round(100 * Math.min(1, Math.max(0, share)));
}

/**
 * Measures a microphone ten times a second. By a clone: what is muted gives silence, and a person who looks at the
 * level, or speaks into a muted microphone, is to be heard by this page.
 *
 * @param onLoudness decibels of full scale
 * @returns a function that stops, and lets the clone go
 */
export function measureLoudness(track: MediaStreamTrack, onLoudness: (db: number) => void): () => void {
	const clone = track.clone();
	clone.enabled = true;
	try {
		return measure(clone, onLoudness);
	} catch {
		clone.stop(); // a browser that measures no sound of this device: it is heard all the same
		return () => {};
	}
}

function measure(clone: MediaStreamTrack, onLoudness: (db: number) => void): () => void {
	const context = new AudioContext();
	const analyser = new AnalyserNode(context, { fftSize: 4096 }); // 85 ms at 48 kHz: hardly a gap between two looks
	context.createMediaStreamSource(new MediaStream([clone])).connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	const timer = setInterval(() => {
		if (context.state !== 'running') return; // no gesture in this page yet: nothing is measured
		analyser.getFloatTimeDomainData(samples);
		onLoudness(loudnessDb(samples));
	}, EVERY_MS);
	return () => {
		clearInterval(timer);
		clone.stop();
		context.close().catch(() => undefined);
	};
}
