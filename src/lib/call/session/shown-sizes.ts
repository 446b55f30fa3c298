import type { ChannelMessage } from '../core/channel-message';
import { NOTHING_TOLD, tellSize, type ShownSize, type SizeEvent, type SizeTelling } from '../core/shown-size';

/** How large this page shows the cameras of the others, for as long as a stay in a call lasts. */
export type ShownSizes = {
	/** A tile says how large it is. */
	show(deviceId: string, size: ShownSize): void;
	/** That device can be told something, by another connection than before. @param say by its channel; whether it was handed over */
	opened(deviceId: string, say: (text: string) => boolean): void;
	/** No picture comes from there, or came from there just now, by our own wish. */
	unseen(deviceId: string): boolean;
	/** About once a second, when the connections' numbers have been read. */
	looked(): void;
	/** That device can be told nothing any more. Its tile may stay. */
	closed(deviceId: string): void;
	close(): void;
};

type Device = {
	telling: SizeTelling;
	say: (text: string) => boolean;
	timer?: ReturnType<typeof setTimeout>;
	/** For so many looks more its picture's numbers say nothing. */
	unseenLooks: number;
};

/** The interval in which a picture comes back is not whole, and the first one of a camera is not either. */
const LOOKS_UNTIL_WHOLE = 2;

const messageOf = (size: ShownSize) => JSON.stringify({ v: 1, type: 'shown', size } satisfies ChannelMessage);

/** Runs the machine of `core/shown-size.ts` for each of the others. */
export function createShownSizes(): ShownSizes {
	const devices = new Map<string, Device>();

	function of(deviceId: string): Device {
		const device = devices.get(deviceId) ?? { telling: NOTHING_TOLD, say: () => false, unseenLooks: 0 };
		devices.set(deviceId, device);
		return device;
	}

	function dispatch(device: Device, event: SizeEvent): void {
		const { state, effects } = tellSize(device.telling, event);
		device.telling = state;
		for (const effect of effects) {
			if (effect.type !== 'tell') clearTimeout(device.timer);
			if (effect.type === 'start-timer') {
				device.timer = setTimeout(() => dispatch(device, { type: 'timer-due' }), effect.afterMs);
			}
			if (effect.type === 'tell' && !device.say(messageOf(effect.size)))
				dispatch(device, { type: 'refused' });
		}
		if (device.telling.told === 0) device.unseenLooks = LOOKS_UNTIL_WHOLE;
	}

	return {
		show: (deviceId, size) => dispatch(of(deviceId), { type: 'shown', size }),
		opened(deviceId, say) {
			const device = of(deviceId);
			device.say = say;
			dispatch(device, { type: 'open' });
		},
		unseen: (deviceId) => (devices.get(deviceId)?.unseenLooks ?? 0) > 0,
		looked() {
			for (const device of devices.values()) {
				if (device.telling.told !== 0 && device.unseenLooks > 0) device.unseenLooks -= 1;
			}
		},
		closed: (deviceId) => dispatch(of(deviceId), { type: 'closed' }),
		close() {
			for (const { timer } of devices.values()) clearTimeout(timer);
			devices.clear();
		}
	};
}
