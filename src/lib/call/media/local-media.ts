import { idToOpen, plainLabel, type DeviceEntry } from './device-list';
import { moveFor } from './device-moves';
import type { Equipment, EquipmentChange } from './equipment';
import type { DeviceTracks } from './lanes';
import { openDevices, type DeviceKind, type DeviceProblem, type Devices, type Opened } from './open-devices';

/** Our own microphone and camera during one call. */
export type LocalMedia = {
	/** Whether the browser lets this page use devices, also while none is open: it tells their names only then. */
	readonly permitted: boolean;
	/** What to send. A muted microphone is still there: its track is disabled. */
	readonly tracks: DeviceTracks;
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

/** What happened to our devices by itself, worth a word. Labels may be empty. */
export type LocalMediaNews =
	| { readonly type: 'replaced'; readonly device: DeviceKind; readonly was: string; readonly now: string }
	| { readonly type: 'unplugged'; readonly device: DeviceKind; readonly was: string }
	| { readonly type: 'returned'; readonly device: DeviceKind; readonly now: string }
	/** Somebody spoke into the muted microphone. */
	| { readonly type: 'spoke-muted' };

type LocalMediaDeps = {
	/** Which devices there are, and which to open; followed until this is closed. */
	readonly equipment: Pick<Equipment, 'list' | 'choice' | 'refresh' | 'listen'>;
	/** Other devices than the browser's; null as on a page that was not served securely. */
	readonly devices?: Devices;
	/** Anything above changed: also a device that was unplugged. */
	readonly onChange: () => void;
	readonly onNews?: (news: LocalMediaNews) => void;
	/** Listens to a microphone while it is muted. @returns a function that stops */
	readonly mindSpeech?: (track: MediaStreamTrack, onSpeech: () => void) => () => void;
};

/** One device that is open. */
type Held = {
	readonly track: MediaStreamTrack;
	/** The id of the chosen one; null for any other. */
	readonly openedBy: string | null;
};
/** It ended by itself. */
type Lost = DeviceEntry & { readonly enabled: boolean };

const KINDS = ['microphone', 'camera'] as const;

export function createLocalMedia(deps: LocalMediaDeps): LocalMedia {
	const { equipment } = deps;
	const held: Record<DeviceKind, Held | null> = { microphone: null, camera: null };
	const lost: Record<DeviceKind, Lost | null> = { microphone: null, camera: null };
	/** What the person wants; a device that opens after they changed their mind is closed again. */
	const wanted: Record<DeviceKind, boolean> = { microphone: false, camera: false };
	let problems: readonly DeviceProblem[] = [];
	let stream: MediaStream | null = null;
	let closed = false;
	/** One question to the person at a time. */
	let opening: Promise<void> = Promise.resolve();
	let stopMinding = () => {};
	const stopListening = equipment.listen(follow);

	// --- what is held ---

	function take(kind: DeviceKind, track: MediaStreamTrack, openedBy: string | null): void {
		wanted[kind] = lost[kind]?.enabled ?? wanted[kind];
		if (closed || (kind === 'camera' && !wanted.camera)) return track.stop();
		track.enabled = wanted[kind];
		// Only the outside ends a track (unplugged, permission taken back); our own stop() says nothing.
		track.onended = () => {
			if (held[kind]?.track === track) lose(kind, track);
		};
		track.onmute = track.onunmute = () => {
			if (held[kind]?.track === track) deps.onChange();
		};
		const before = held[kind]?.track;
		held[kind] = { track, openedBy: track.getSettings().deviceId === openedBy ? openedBy : null };
		lost[kind] = null;
		stream ??= new MediaStream();
		stream.addTrack(track);
		if (before) {
			before.stop();
			stream.removeTrack(before);
		}
		if (kind === 'microphone') mind();
	}

	function drop(kind: DeviceKind): void {
		const track = held[kind]?.track;
		if (!track) return;
		held[kind] = null;
		track.stop();
		stream?.removeTrack(track);
		if (!held.microphone && !held.camera) stream = null;
		if (kind === 'microphone') mind();
	}

	/** A muted microphone is listened to by this page alone, so that its person learns that nobody hears them. */
	function mind(): void {
		stopMinding();
		stopMinding = () => {};
		const track = held.microphone?.track;
		if (!track || wanted.microphone || !deps.mindSpeech) return;
		stopMinding = deps.mindSpeech(track, () => deps.onNews?.({ type: 'spoke-muted' }));
	}

	function without(...kinds: DeviceKind[]): readonly DeviceProblem[] {
		return problems.filter((problem) => !kinds.includes(problem.device));
	}

	/** W3C: a track is muted at its source, by the system or another program. What a person turns off is disabled. */
	function allProblems(): readonly DeviceProblem[] {
		const heldBack = KINDS.filter((kind) => held[kind]?.track.muted && wanted[kind]);
		const others = heldBack.filter((kind) => !problems.some(({ device }) => device === kind));
		return [...problems, ...others.map((device) => ({ device, reason: 'held-back' as const }))];
	}

	// --- opening ---

	function ask(kinds: readonly DeviceKind[], ids = chosenIds()): Promise<Opened> {
		const devices = deps.devices === undefined ? navigator.mediaDevices : deps.devices;
		return openDevices(
			devices,
			{ microphone: kinds.includes('microphone'), camera: kinds.includes('camera') },
			ids
		);
	}

	function chosenIds(): Record<DeviceKind, string | null> {
		const { choice, list } = equipment;
		return {
			microphone: idToOpen(choice.microphone, list.microphone),
			camera: idToOpen(choice.camera, list.camera)
		};
	}

	async function openWanted(): Promise<void> {
		const kinds = KINDS.filter((kind) => wanted[kind] && !held[kind]);
		if (closed || kinds.length === 0) return;
		const ids = chosenIds();
		const opened = await ask(kinds, ids);
		for (const kind of kinds) {
			const track = opened.tracks[kind];
			if (track) take(kind, track, ids[kind]);
			else wanted[kind] = false;
		}
		if (closed) return;
		problems = [...without(...kinds), ...opened.problems];
		deps.onChange();
		void equipment.refresh(); // labels are told now
	}

	/** Opens the device of now in place of the one before, which goes on until then. */
	async function openAnew(kind: DeviceKind): Promise<boolean> {
		if (closed || (!lost[kind] && !held[kind])) return false; // the person thought better of it
		let openedBy = chosenIds()[kind];
		let opened = await ask([kind]);
		const standing = held[kind];
		if (!opened.tracks[kind] && kind === 'camera' && standing) {
			// Many phones open one camera at a time: the one in use goes first, and comes back if that was not it.
			const { deviceId = null } = standing.track.getSettings();
			drop(kind);
			const { problems: ofChosen } = opened;
			opened = await ask([kind]);
			if (!opened.tracks[kind]) {
				openedBy = deviceId;
				opened = { ...(await ask([kind], { microphone: null, camera: deviceId })), problems: ofChosen };
			}
		}
		const track = opened.tracks[kind];
		if (track) take(kind, track, openedBy);
		else if (!held[kind]) wanted[kind] = false;
		if (closed) return false;
		problems = [...without(kind), ...opened.problems];
		deps.onChange();
		return held[kind]?.track === track;
	}

	function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
		const done = opening.then(work);
		opening = done.then(() => undefined);
		return done;
	}

	// --- plugged in and out ---

	function lose(kind: DeviceKind, track: MediaStreamTrack): void {
		lost[kind] = { id: track.getSettings().deviceId ?? '', label: track.label, enabled: wanted[kind] };
		wanted[kind] = false;
		problems = [...without(kind), { device: kind, reason: 'stopped' }];
		drop(kind);
		deps.onChange();
		// The browser may have said before, or say later, that it is not there any more.
		settle(kind, equipment.list[kind]);
		void equipment.refresh();
	}

	function follow({ before, chosen }: EquipmentChange): void {
		for (const kind of KINDS) {
			if (chosen.includes(kind)) void useChosen(kind);
			else if (chosen.length === 0) settle(kind, before[kind]);
		}
	}

	/** Another one was chosen, or the same is to be tried again. */
	async function useChosen(kind: DeviceKind): Promise<void> {
		const standing = held[kind];
		if (standing) {
			if (standing.openedBy !== chosenIds()[kind] || standing.track.muted)
				return void (await inTurn(() => openAnew(kind)));
			problems = without(kind); // the one in use is the one that is wanted after all
			deps.onChange();
		} else if (problemOf(kind)) {
			lost[kind] = null;
			wanted[kind] = true;
			await inTurn(openWanted);
		}
	}

	function problemOf(kind: DeviceKind): DeviceProblem | undefined {
		return allProblems().find(({ device }) => device === kind);
	}

	function settle(kind: DeviceKind, before: readonly DeviceEntry[]): void {
		const gone = lost[kind];
		const move = moveFor({
			lost: gone,
			openedBy: held[kind]?.openedBy,
			chosen: equipment.choice[kind],
			before,
			now: equipment.list[kind]
		});
		if (move === 'none') return;
		const was = plainLabel(gone?.label ?? '');
		if (move === 'go-without') {
			if (problemOf(kind)?.reason === 'missing') return; // said
			problems = [...without(kind), { device: kind, reason: 'missing' }];
			deps.onNews?.({ type: 'unplugged', device: kind, was });
			return deps.onChange();
		}
		void inTurn(async () => {
			if (gone !== lost[kind] || !(await openAnew(kind))) return;
			const now = plainLabel(held[kind]?.track.label ?? '');
			if (move === 'replace') deps.onNews?.({ type: 'replaced', device: kind, was, now });
			else deps.onNews?.({ type: 'returned', device: kind, now });
		});
	}

	return {
		get permitted() {
			return KINDS.some((kind) => equipment.list[kind].some(({ label }) => label !== ''));
		},
		get tracks() {
			return { audio: held.microphone?.track ?? null, video: held.camera?.track ?? null };
		},
		get stream() {
			return stream;
		},
		get microphoneEnabled() {
			return wanted.microphone && held.microphone !== null;
		},
		get cameraEnabled() {
			return wanted.camera && held.camera !== null;
		},
		get problems() {
			return allProblems();
		},
		open(wish) {
			for (const kind of KINDS) wanted[kind] = wish[kind];
			return inTurn(openWanted);
		},
		async setMicrophone(enabled) {
			lost.microphone = null; // from here on it is the person's own doing
			wanted.microphone = enabled;
			const track = held.microphone?.track;
			if (enabled && !track) return inTurn(openWanted);
			if (track) track.enabled = enabled;
			mind();
			deps.onChange();
			if (enabled && problemOf('microphone')) await useChosen('microphone');
		},
		async setCamera(enabled) {
			lost.camera = null;
			wanted.camera = enabled;
			if (enabled && held.camera && problemOf('camera')) return useChosen('camera');
			if (enabled) return inTurn(openWanted);
			drop('camera');
			deps.onChange();
		},
		close() {
			closed = true;
			stopListening();
			for (const kind of KINDS) drop(kind);
		}
	};
}
