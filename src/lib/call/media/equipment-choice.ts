import { z } from 'zod';
import type { DeviceEntry } from './device-list';
import { CODEC_CHOICES, type CodecChoice } from './video-codecs';

/** Which devices its person wants in this browser, and how they join calls. Null is the system's own choice. */
export type EquipmentChoice = {
	readonly microphone: DeviceEntry | null;
	readonly camera: DeviceEntry | null;
	readonly speaker: DeviceEntry | null;
	/** What is on when a call is joined; the camera in video calls only. */
	readonly joinWithMicrophone: boolean;
	readonly joinWithCamera: boolean;
	/** Whether single keys do something in a call. */
	readonly shortcuts: boolean;
	readonly videoCodec: CodecChoice;
};

const DEFAULTS: EquipmentChoice = {
	microphone: null,
	camera: null,
	speaker: null,
	joinWithMicrophone: true,
	joinWithCamera: true,
	shortcuts: true,
	videoCodec: 'automatic'
};
const MAX_STORED_LENGTH = 4_000;
export const EQUIPMENT_KEY = 'parley.equipment';

const entry = z
	.object({ id: z.string().min(1).max(256), label: z.string().max(256) })
	.nullable()
	.catch(null);
// One bad value costs that value only.
const stored = z.object({
	microphone: entry,
	camera: entry,
	speaker: entry,
	joinWithMicrophone: z.boolean().catch(DEFAULTS.joinWithMicrophone),
	joinWithCamera: z.boolean().catch(DEFAULTS.joinWithCamera),
	shortcuts: z.boolean().catch(DEFAULTS.shortcuts),
	videoCodec: z.enum(CODEC_CHOICES).catch(DEFAULTS.videoCodec)
});

/** Asking for the storage throws where the browser forbids it: hence a function. */
export type GetStorage = () => Pick<Storage, 'getItem' | 'setItem'>;

/** What is kept in this browser. Anything else that is found there counts for nothing. */
export function readChoice(storage: GetStorage): EquipmentChoice {
	try {
		const text = storage().getItem(EQUIPMENT_KEY);
		if (text === null || text.length > MAX_STORED_LENGTH) return DEFAULTS;
		const parsed = stored.safeParse(JSON.parse(text));
		return parsed.success ? parsed.data : DEFAULTS;
	} catch {
		return DEFAULTS;
	}
}

export function keepChoice(choice: EquipmentChoice, storage: GetStorage): void {
	try {
		storage().setItem(EQUIPMENT_KEY, JSON.stringify(choice));
	} catch {
		// Full or forbidden: it counts for this page.
	}
}
