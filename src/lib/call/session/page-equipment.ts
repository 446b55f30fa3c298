import {
	choosable,
	idToOpen,
	type DeviceEntry,
	type DeviceList,
	type ListedKind
} from '../media/device-list';
import { createEquipment, type Equipment } from '../media/equipment';
import type { EquipmentChoice } from '../media/equipment-choice';
import { levelOf, measureLoudness } from '../media/level-meter';
import { createLocalMedia, type LocalMedia } from '../media/local-media';
import { CODEC_CHOICES, codecsHere, type CodecChoice, type VideoCodec } from '../media/video-codecs';

export { choosable, CODEC_CHOICES, codecsHere, createEquipment, idToOpen };
export type {
	CodecChoice,
	DeviceEntry,
	DeviceList,
	Equipment,
	EquipmentChoice,
	ListedKind,
	LocalMedia,
	VideoCodec
};

/** Microphone and camera as they would be in a call, for their person alone. */
export function createPreview(equipment: Equipment, onChange: () => void): LocalMedia {
	return createLocalMedia({ equipment, onChange });
}

/** @param onLevel 0 to 100, ten times a second @returns a function that stops */
export function measureLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
	return measureLoudness(track, (db) => onLevel(levelOf(db)));
}
