import { hear, SILENT_FLOOR, type Floor } from '../core/speaker';

type SpeakerWatchDeps = {
	/** Of everybody else in the call, by device, 0 to 1. */
	readonly levels: () => ReadonlyMap<string, number>;
	/** Somebody began or ended to speak, or another one has the floor. */
	readonly onChange: (floor: Pick<Floor, 'speaker' | 'speaking'>) => void;
	/** Milliseconds. */
	readonly now: () => number;
};

const LOOK_INTERVAL_MS = 250;

/** Listens who speaks. @returns a function that stops */
export function watchSpeaker({ levels, onChange, now }: SpeakerWatchDeps): () => void {
	let floor = SILENT_FLOOR;
	const timer = setInterval(() => {
		const before = floor;
		floor = hear(before, levels(), now());
		if (floor.speaker !== before.speaker || !sameMembers(floor.speaking, before.speaking)) onChange(floor);
	}, LOOK_INTERVAL_MS);
	return () => clearInterval(timer);
}

const sameMembers = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
	a.size === b.size && [...a].every((one) => b.has(one));
