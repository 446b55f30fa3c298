import './connect-camera';

/**
 * Runs in every page of `connect` before the page's own code: notes the moment of each step of a call. The two people are "Caller"
 * and "Callee" on every page, and a video of somebody else is named after them, as the product names it.
 */
export type Mark =
	/** The button was pressed. */
	| 'accepted'
	/** Microphone and camera were given to the page. */
	| 'camera'
	/** The server is asked to let this device in, and has done it. The product's alone. */
	| 'asked'
	| 'let in'
	/** The first peer connection is made. */
	| 'opened'
	/** An offer is set: one's own, or the other's. */
	| 'offered'
	/** The answer is set too. */
	| 'answered'
	/** A path stands. */
	| 'connected'
	/** The first frame of this one is presented. */
	| 'Caller'
	| 'Callee';

/** Unix milliseconds, and parts of them: pages are compared. */
export type Marks = Partial<Record<Mark, number>>;

const GIVE_UP_MS = 20_000;

let marks: Marks = {};
let noticed = () => {};

function mark(name: Mark, at = performance.now()): void {
	marks[name] ??= performance.timeOrigin + at;
	noticed();
}

const NativeConnection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends NativeConnection {
	constructor(...args: ConstructorParameters<typeof RTCPeerConnection>) {
		super(...args);
		mark('opened');
		this.addEventListener('signalingstatechange', () => {
			if (this.signalingState.endsWith('offer')) mark('offered');
			else if (this.signalingState === 'stable') mark('answered');
		});
		this.addEventListener('connectionstatechange', () => {
			if (this.connectionState === 'connected') mark('connected');
		});
	}
};

const { mediaDevices } = navigator;
const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
mediaDevices.getUserMedia = async (wanted) => {
	const stream = await getUserMedia(wanted);
	mark('camera');
	return stream;
};

document.addEventListener(
	'click',
	({ target, timeStamp }) => {
		const button = target instanceof Element && target.closest('button');
		if (button && button.textContent.trim() === 'Accept') mark('accepted', timeStamp);
	},
	true
);

const watched = new WeakSet<HTMLVideoElement>();
function watchVideos(): void {
	for (const name of ['Caller', 'Callee'] as const) {
		for (const video of document.querySelectorAll<HTMLVideoElement>(`video[aria-label="${name}'s video"]`)) {
			if (watched.has(video)) continue;
			watched.add(video);
			video.requestVideoFrameCallback(() => mark(name));
		}
	}
}
new MutationObserver(watchVideos).observe(document, {
	childList: true,
	subtree: true,
	attributeFilter: ['aria-label']
});

/** Of the newest call: the requests are noted by the browser itself. */
function withRequests(): Marks {
	const [accept] = performance
		.getEntriesByType('resource')
		.filter(({ name }) => name.includes('calls.accept'));
	if (accept instanceof PerformanceResourceTiming) {
		mark('asked', accept.startTime);
		mark('let in', accept.responseEnd);
	}
	return marks;
}

const benchMarks = {
	/** From now on everything happens for the first time. @returns what did, once these are seen */
	arm(names: readonly ('Caller' | 'Callee')[]): { seen: Promise<Marks> } {
		marks = {};
		performance.clearResourceTimings();
		const seen = new Promise<Marks>((resolve, reject) => {
			const timer = setTimeout(
				() => reject(new Error(`Not seen: ${names.join(', ')}; only ${JSON.stringify(marks)}`)),
				GIVE_UP_MS
			);
			noticed = () => {
				// The rest may be about to be noted: a frame can be there before `connected` is told.
				if (names.some((name) => marks[name] === undefined) || marks.connected === undefined) return;
				clearTimeout(timer);
				noticed = () => {};
				resolve(withRequests());
			};
		});
		return { seen };
	}
};

declare global {
	interface Window {
		benchMarks: typeof benchMarks;
	}
}
window.benchMarks = benchMarks;
