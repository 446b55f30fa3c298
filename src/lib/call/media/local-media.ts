import { openDevices, type DeviceKind, type DeviceProblem, type Devices } from './open-devices';
import type { Tracks } from './peer-connection';

/** Our own microphone and camera during one call. */
export type LocalMedia = {
	/** What to send. A muted microphone is still there: its track is disabled. */
	readonly tracks: Tracks;
	/** The same object as long as there is a track in it; null when there is none: we receive only. */
	readonly stream: MediaStream | null;
	readonly microphoneEnabled: boolean;
	readonly cameraEnabled: boolean;
	readonly problems: readonly DeviceProblem[];
	/** Opens what is wanted, in one question to the person. What cannot be opened is in `problems`. Never throws. */
	open(wanted: { microphone: boolean; camera: boolean }): Promise<void>;
	/** Off mutes the track and keeps the device, so that on again is immediate. Never throws. */
	setMicrophone(enabled: boolean): Promise<void>;
	/** Off stops the device, so that its light goes out; on opens it anew. Never throws. */
	setCamera(enabled: boolean): Promise<void>;
	/** Stops both for good. */
	close(): void;
};

type LocalMediaDeps = {
	/** Other devices than the browser's; null as on a page that was not served securely. */
	readonly devices?: Devices;
	/** Anything above changed: also a device that was unplugged. */
	readonly onChange: () => void;
};

const KINDS = ['microphone', 'camera'] as const;

export function createLocalMedia(deps: LocalMediaDeps): LocalMedia {
	const tracks: Record<DeviceKind, MediaStreamTrack | null> = { microphone: null, camera: null };
	/** What the person wants; a device that opens after they changed their mind is closed again. */
	const wanted: Record<DeviceKind, boolean> = { microphone: false, camera: false };
	let problems: readonly DeviceProblem[] = [];
	let stream: MediaStream | null = null;
	let closed = false;
	/** One question to the person at a time. */
	let opening: Promise<void> = Promise.resolve();

	function take(kind: DeviceKind, track: MediaStreamTrack): void {
		if (closed || tracks[kind] || (kind === 'camera' && !wanted.camera)) return track.stop();
		track.enabled = wanted[kind];
		// Only the outside ends a track (unplugged, permission taken back); our own stop() says nothing.
		track.onended = () => {
			if (tracks[kind] !== track) return;
			wanted[kind] = false;
			problems = [...without(kind), { device: kind, reason: 'missing' }];
			drop(kind);
			deps.onChange();
		};
		tracks[kind] = track;
		stream ??= new MediaStream();
		stream.addTrack(track);
	}

	function drop(kind: DeviceKind): void {
		const track = tracks[kind];
		if (!track) return;
		tracks[kind] = null;
		track.stop();
		stream?.removeTrack(track);
		if (!tracks.microphone && !tracks.camera) stream = null;
	}

	function without(...kinds: DeviceKind[]): readonly DeviceProblem[] {
		return problems.filter((problem) => !kinds.includes(problem.device));
	}

	async function openWanted(): Promise<void> {
		const missing = {
			microphone: wanted.microphone && !tracks.microphone,
			camera: wanted.camera && !tracks.camera
		};
		const kinds = KINDS.filter((kind) => missing[kind]);
		if (closed || kinds.length === 0) return;
		const opened = await openDevices(
			deps.devices === undefined ? navigator.mediaDevices : deps.devices,
			missing
		);
		for (const kind of kinds) {
			const track = opened.tracks[kind];
			if (track) take(kind, track);
			else wanted[kind] = false;
		}
		if (closed) return;
		problems = [...without(...kinds), ...opened.problems];
		deps.onChange();
	}

	function request(): Promise<void> {
		opening = opening.then(openWanted);
		return opening;
	}

	return {
		get tracks() {
			return { audio: tracks.microphone, video: tracks.camera };
		},
		get stream() {
			return stream;
		},
		get microphoneEnabled() {
			return wanted.microphone && tracks.microphone !== null;
		},
		get cameraEnabled() {
			return wanted.camera && tracks.camera !== null;
		},
		get problems() {
			return problems;
		},
		open(wish) {
			for (const kind of KINDS) wanted[kind] = wish[kind];
			return request();
		},
		async setMicrophone(enabled) {
			wanted.microphone = enabled;
			const track = tracks.microphone;
			if (enabled && !track) return request();
			if (track) track.enabled = enabled;
			deps.onChange();
		},
		async setCamera(enabled) {
			wanted.camera = enabled;
			if (enabled) return request();
			drop('camera');
			deps.onChange();
		},
		close() {
			closed = true;
			for (const kind of KINDS) drop(kind);
		}
	};
}
