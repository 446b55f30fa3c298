import { vi } from 'vitest';
import { NO_DEVICES, type DeviceList } from './device-list';
import { createEquipment } from './equipment';
import { createLocalMedia, type LocalMediaNews } from './local-media';

// What the tests of LocalMedia stand on: a machine whose devices open, fail, come and go as they are told.

export class FakeTrack {
	enabled = true;
	stopped = false;
	muted = false;
	onended: (() => void) | null = null;
	onmute: (() => void) | null = null;
	onunmute: (() => void) | null = null;
	constructor(
		readonly kind: 'audio' | 'video',
		readonly id = '',
		readonly label = ''
	) {}
	stop() {
		this.stopped = true;
	}
	/** By the system, or another program. */
	holdBack(muted: boolean) {
		this.muted = muted;
		(muted ? this.onmute : this.onunmute)?.();
	}
	getSettings() {
		return { deviceId: this.id };
	}
}

export class FakeStream {
	tracks: FakeTrack[] = [];
	addTrack(track: FakeTrack) {
		this.tracks.push(track);
	}
	removeTrack(track: FakeTrack) {
		this.tracks = this.tracks.filter((each) => each !== track);
	}
	getAudioTracks() {
		return this.tracks.filter((track) => track.kind === 'audio');
	}
	getVideoTracks() {
		return this.tracks.filter((track) => track.kind === 'video');
	}
}

type Fault = string | { name: string; message: string };
const LISTED = { audio: 'microphone', video: 'camera' } as const;

/** A machine's devices: what each of them fails with, and when they open. */
export function devicesOf(faults: { audio?: Fault; video?: Fault } = {}) {
	const asked: MediaStreamConstraints[] = [];
	let gate = Promise.resolve();
	return {
		asked,
		faults,
		plugged: NO_DEVICES,
		/** Cannot be opened, by its id. */
		busy: new Set<string>(),
		/** Nothing opens until the function returned is called. */
		hold() {
			let open = () => {};
			gate = new Promise((resolve) => (open = resolve));
			return open;
		},
		async getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
			asked.push(constraints);
			await gate;
			const stream = new FakeStream();
			for (const kind of ['audio', 'video'] as const) {
				const wish = constraints[kind];
				if (!wish) continue;
				const fault = faults[kind];
				if (fault)
					throw Object.assign(new Error('no device'), typeof fault === 'string' ? { name: fault } : fault);
				const there = this.plugged[LISTED[kind]];
				const exact =
					typeof wish === 'object' ? (wish.deviceId as { exact: string } | undefined)?.exact : undefined;
				const device = exact === undefined ? there[0] : there.find(({ id }) => id === exact);
				if (exact !== undefined && !device)
					throw Object.assign(new Error(), { name: 'OverconstrainedError' });
				if (device && this.busy.has(device.id))
					throw Object.assign(new Error(), { name: 'NotReadableError' });
				stream.addTrack(new FakeTrack(kind, device?.id, device?.label));
			}
			return stream as unknown as MediaStream;
		}
	};
}

export type FakeDevices = ReturnType<typeof devicesOf>;

export const fake = (track: MediaStreamTrack | null) => track as unknown as FakeTrack;

/** @param devices null as on a page that was not served securely */
export function open(devices: FakeDevices | null) {
	const onChange = vi.fn();
	const onNews = vi.fn<(news: LocalMediaNews) => void>();
	const minded: { track: MediaStreamTrack; speak: () => void; stopped: boolean }[] = [];
	const kept = new Map<string, string>();
	let changed = () => {};
	const equipment = createEquipment({
		source: () => ({
			enumerateDevices: async () =>
				(['microphone', 'camera', 'speaker'] as const).flatMap((kind) =>
					(devices?.plugged[kind] ?? []).map(({ id, label }) => ({
						...{
							microphone: { kind: 'audioinput' },
							camera: { kind: 'videoinput' },
							speaker: { kind: 'audiooutput' }
						}[kind],
						deviceId: id,
						label
					}))
				) as MediaDeviceInfo[],
			addEventListener: (_type: string, listener: unknown) => (changed = listener as () => void)
		}),
		storage: () => ({
			getItem: (key) => kept.get(key) ?? null,
			setItem: (key, value) => void kept.set(key, value)
		}),
		window: () => ({ addEventListener: () => {} })
	});
	equipment.open();
	const media = createLocalMedia({
		equipment,
		devices,
		onChange,
		onNews,
		mindSpeech(track, speak) {
			const one = { track, speak, stopped: false };
			minded.push(one);
			return () => (one.stopped = true);
		}
	});
	return {
		media,
		equipment,
		onChange,
		onNews,
		minded,
		/** Plugged in or out, as the browser tells it. */
		plug(list: Partial<DeviceList>) {
			if (devices) devices.plugged = { ...devices.plugged, ...list };
			changed();
		}
	};
}
