import type { DeviceKind } from './open-devices';

/** One device, as the browser names it to this site. */
export type DeviceEntry = { readonly id: string; readonly label: string };

export type ListedKind = DeviceKind | 'speaker';

/** What is plugged in. Without the person's permission a browser tells at most that there is something. */
export type DeviceList = Readonly<Record<ListedKind, readonly DeviceEntry[]>>;

export const NO_DEVICES: DeviceList = { microphone: [], camera: [], speaker: [] };

const KIND_OF: Record<MediaDeviceKind, ListedKind> = {
	audioinput: 'microphone',
	videoinput: 'camera',
	audiooutput: 'speaker'
};

/** Names that Chromium lists beside the devices they stand for. */
const STANDS_FOR_ANOTHER = ['default', 'communications'];
const MAX_DEVICES = 100;

export function listDevices(
	infos: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]
): DeviceList {
	const list: Record<ListedKind, DeviceEntry[]> = { microphone: [], camera: [], speaker: [] };
	for (const { kind, deviceId, label } of infos.slice(0, MAX_DEVICES)) {
		if (deviceId !== '') list[KIND_OF[kind]].push({ id: deviceId, label });
	}
	return list;
}

/** Those a person chooses from: each once. */
export function choosable(entries: readonly DeviceEntry[]): readonly DeviceEntry[] {
	const own = entries.filter(({ id }) => !STANDS_FOR_ANOTHER.includes(id));
	return own.map(({ id, label }, index) => ({ id, label: label || `Number ${index + 1}` }));
}

/** Chromium's default keeps its id when it becomes another device: hence by the label, too. */
export function isListed(entries: readonly DeviceEntry[], { id, label }: DeviceEntry): boolean {
	return entries.some((one) => one.id === id && (label === '' || one.label === '' || one.label === label));
}

/**
 * The id to open what was chosen by; null for the system's own choice, also where the chosen one is not there.
 *
 * Some systems give a device another id at another socket: then its name is as good.
 */
export function idToOpen(chosen: DeviceEntry | null, entries: readonly DeviceEntry[]): string | null {
	if (!chosen) return null;
	if (entries.length === 0) return chosen.id; // not told yet: it may be there
	const there =
		entries.find(({ id }) => id === chosen.id) ??
		entries.find(({ label }) => label !== '' && label === chosen.label);
	return there?.id ?? null;
}

/** "Default - Headset" -> "Headset": as a person knows it. */
export function plainLabel(label: string): string {
	return label.replace(/^(?:Default|Communications) - /, '');
}
