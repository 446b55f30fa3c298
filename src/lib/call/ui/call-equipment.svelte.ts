import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import {
	createPreview,
	idToOpen,
	type DeviceList,
	type Equipment,
	type EquipmentChoice,
	type LocalMedia
} from '../session/page-equipment';
import type { LocalView } from '../session/view';

/** This browser's microphones, cameras and speakers, as the components see them, and the dialog about them. */
export class CallEquipment {
	/** Whether the dialog "Microphone and camera" is open: wherever one is, it is one dialog. */
	shown = $state(false);
	readonly #equipment: Equipment;
	readonly #track: () => void;

	constructor(equipment: Equipment) {
		this.#equipment = equipment;
		this.#track = createSubscriber((update) => equipment.listen(update));
	}

	get list(): DeviceList {
		this.#track();
		return this.#equipment.list;
	}

	get choice(): EquipmentChoice {
		this.#track();
		return this.#equipment.choice;
	}

	/** What sound goes to; empty for the system's choice. */
	get speakerId(): string {
		return idToOpen(this.choice.speaker, this.list.speaker) ?? '';
	}

	change(part: Partial<EquipmentChoice>): void {
		this.#equipment.change(part);
	}

	refresh(): void {
		void this.#equipment.refresh();
	}

	/** Opens both, for their person alone. Whoever asks closes what they get. */
	preview(onChange: (view: Omit<LocalView, 'screen' | 'hand'>) => void): LocalMedia {
		let opening = true;
		const tell = () => {
			const { stream, microphoneEnabled, cameraEnabled, problems } = media;
			onChange({ stream, microphoneEnabled, cameraEnabled, problems, opening });
		};
		const media = createPreview(this.#equipment, tell);
		void media.open({ microphone: true, camera: true }).then(() => {
			opening = false;
			tell();
		});
		return media;
	}
}

/** Whether this browser lets a page choose where sound goes. */
export function canChooseSpeaker(): boolean {
	return 'setSinkId' in HTMLMediaElement.prototype;
}

/** Where that cannot be, it stays where it is. */
export async function playThrough(element: HTMLMediaElement, speakerId: string): Promise<void> {
	if (!canChooseSpeaker() || element.sinkId === speakerId) return;
	await element.setSinkId(speakerId).catch(() => undefined);
}

export const [getCallEquipment, setCallEquipment] = createContext<CallEquipment>();
