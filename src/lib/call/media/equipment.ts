import { keepChoice, readChoice, type EquipmentChoice, type GetStorage } from './equipment-choice';
import { listDevices, NO_DEVICES, type DeviceList, type ListedKind } from './device-list';

export type EquipmentChange = {
	readonly before: DeviceList;
	/** Of which kinds another device was chosen; of none, when it is the list that changed. */
	readonly chosen: readonly ListedKind[];
};

/** What microphones, cameras and speakers there are, and which of them this browser's person wants. */
export type Equipment = {
	readonly list: DeviceList;
	readonly choice: EquipmentChoice;
	/** In force at once, in a call too. */
	change(part: Partial<EquipmentChoice>): void;
	/** Looks at what there is. Labels are told once a device was open. Never throws. */
	refresh(): Promise<void>;
	/** @returns a function that stops listening */
	listen(listener: (change: EquipmentChange) => void): () => void;
	/** In a browser, once: follows what is plugged in and out. @returns a function that ends it */
	open(): () => void;
};

const KINDS = ['microphone', 'camera', 'speaker'] as const;

type Source = Pick<MediaDevices, 'enumerateDevices' | 'addEventListener'>;

type EquipmentDeps = {
	/** Absent where the page was not served securely. */
	readonly source: () => Source | null | undefined;
	readonly storage: GetStorage;
	/** Hears of what other tabs keep. */
	readonly window: () => Pick<Window, 'addEventListener'>;
};

/** Asked for each time: on the server, where pages are rendered too, there is nothing of it. */
const BROWSER: EquipmentDeps = {
	source: () => navigator.mediaDevices,
	storage: () => localStorage,
	window: () => window
};

export function createEquipment({ source, storage, window } = BROWSER): Equipment {
	let list = NO_DEVICES;
	let choice = readChoice(storage);
	const listeners = new Set<(change: EquipmentChange) => void>();
	/** The last look begun counts: an earlier one that answers later knows less. */
	let looks = 0;

	function tell(change: EquipmentChange): void {
		for (const listener of [...listeners]) listener(change);
	}

	async function refresh(): Promise<void> {
		const look = ++looks;
		try {
			const infos = (await source()?.enumerateDevices()) ?? [];
			if (look !== looks) return;
			const before = list;
			list = listDevices(infos);
			tell({ before, chosen: [] });
		} catch {
			// A browser that does not tell: what was known counts.
		}
	}

	function take(next: EquipmentChoice): void {
		const chosen = KINDS.filter((kind) => choice[kind]?.id !== next[kind]?.id);
		choice = next;
		tell({ before: list, chosen });
	}

	return {
		get list() {
			return list;
		},
		get choice() {
			return choice;
		},
		change(part) {
			const next = { ...choice, ...part };
			keepChoice(next, storage);
			take(next);
		},
		refresh,
		listen(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		open() {
			const stop = new AbortController();
			const options = { signal: stop.signal };
			source()?.addEventListener('devicechange', () => void refresh(), options);
			window().addEventListener('storage', () => take(readChoice(storage)), options);
			void refresh();
			return () => stop.abort();
		}
	};
}
