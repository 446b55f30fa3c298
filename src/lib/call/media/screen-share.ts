import type { ScreenTracks } from './lanes';

/** Why a screen is not shared though its person wanted to. That they thought better of it is none. */
export type ScreenProblem = 'blocked' | 'missing' | 'failed';

/** Our own screen, window or tab, while others see it. */
export type ScreenShare = {
	/** What to send; both null while nothing is shared. */
	readonly tracks: ScreenTracks;
	readonly enabled: boolean;
	/** Phones, and pages that were not served securely, have nothing to share. */
	readonly available: boolean;
	/**
	 * Has the browser ask what to share. Only by a gesture of the person's. Never throws.
	 *
	 * @returns what went wrong; null when it is shared, and when the person chose nothing
	 */
	start(): Promise<ScreenProblem | null>;
	stop(): void;
	/** Stops for good. */
	close(): void;
};

/** What a screen is captured with: `navigator.mediaDevices`, absent where the page was not served securely. */
export type Capture = Partial<Pick<MediaDevices, 'getDisplayMedia'>> & {
	getSupportedConstraints?(): { readonly restrictOwnAudio?: boolean };
};

type ScreenShareDeps = {
	/** Other means than the browser's; null as on a page that was not served securely. */
	readonly capture?: Capture | null;
	/** Anything above changed: also that the browser's own bar, or the closing of a window, ended the share. */
	readonly onChange: () => void;
};

/** Screen Capture, section 5.4. What TypeScript's list of them lacks yet. */
type Wishes = DisplayMediaStreamOptions & {
	systemAudio: 'include' | 'exclude';
	surfaceSwitching: 'include';
	selfBrowserSurface: 'exclude';
};

const NOTHING: ScreenTracks = { screenVideo: null, screenAudio: null };

export function createScreenShare(deps: ScreenShareDeps): ScreenShare {
	let tracks = NOTHING;
	/** The browser asks once at a time. */
	let asking = false;
	let closed = false;

	const capture = () =>
		deps.capture === undefined ? (navigator.mediaDevices as Capture | undefined) : deps.capture;

	function take(stream: MediaStream): void {
		const [screenVideo = null] = stream.getVideoTracks();
		const [screenAudio = null] = stream.getAudioTracks();
		tracks = { screenVideo, screenAudio };
		if (closed || !screenVideo) return drop();
		// Text is what screens are shared for: rather fewer frames than unreadable ones.
		screenVideo.contentHint = 'detail';
		// Only the outside ends a track; our own stop() says nothing.
		screenVideo.onended = () => {
			if (tracks.screenVideo === screenVideo) end();
		};
		if (screenAudio) {
			screenAudio.onended = () => {
				if (tracks.screenAudio !== screenAudio) return;
				tracks = { ...tracks, screenAudio: null };
				deps.onChange();
			};
		}
	}

	function drop(): void {
		const { screenVideo, screenAudio } = tracks;
		tracks = NOTHING;
		screenVideo?.stop();
		screenAudio?.stop();
	}

	function end(): void {
		if (!tracks.screenVideo) return;
		drop();
		deps.onChange();
	}

	return {
		get tracks() {
			return tracks;
		},
		get enabled() {
			return tracks.screenVideo !== null;
		},
		get available() {
			return typeof capture()?.getDisplayMedia === 'function';
		},
		async start() {
			const from = capture();
			if (closed || asking || tracks.screenVideo || !from?.getDisplayMedia) return null;
			asking = true;
			try {
				take(await from.getDisplayMedia(wishesFor(from)));
			} catch (error) {
				return closed ? null : problemOf(error);
			} finally {
				asking = false;
			}
			if (!closed) deps.onChange();
			return null;
		},
		stop: end,
		close() {
			closed = true;
			drop();
		}
	};
}

function wishesFor(capture: Capture): Wishes {
	// All that the system plays holds the others' voices too: they would hear themselves, unless the browser can take
	// its own page's sound out of it.
	const restrictOwnAudio = capture.getSupportedConstraints?.().restrictOwnAudio === true;
	// What is played is not somebody talking: nothing is to be filtered out of it.
	const asItIs = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
	const audio: MediaTrackConstraints & { restrictOwnAudio?: boolean } = restrictOwnAudio
		? { ...asItIs, restrictOwnAudio }
		: asItIs;
	return {
		video: { frameRate: { ideal: 15, max: 30 } },
		audio,
		systemAudio: restrictOwnAudio ? 'include' : 'exclude',
		surfaceSwitching: 'include',
		// A call that shows itself shows itself without end.
		selfBrowserSurface: 'exclude'
	};
}

/** Screen Capture, section 5.1: what getDisplayMedia fails with. */
function problemOf(error: unknown): ScreenProblem | null {
	const { name, message } = error instanceof Error || error instanceof DOMException ? error : new Error();
	switch (name) {
		case 'NotAllowedError':
			// The person said no; or, and only the text tells that, their system did (Chromium on macOS).
			return /by system/i.test(message) ? 'blocked' : null;
		case 'NotFoundError':
			return 'missing';
		default:
			return 'failed';
	}
}
