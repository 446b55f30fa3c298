import { currentOf, isAloud, ringingOf, type Scene } from '../core/scene';
import type { CallSnapshot } from '../core/snapshot';
import type { CallStay } from './call-stay';
import type { OfflineCallees } from './offline-callees';
import type { CurrentCall, LocalView, RemoteView, SessionView } from './view';

export type ViewParts = Pick<SessionView, 'starting' | 'notice' | 'clockOffsetMs' | 'link'> & {
	readonly scene: Scene;
	readonly stay: CallStay | null;
	readonly offline: OfflineCallees;
};

/** Puts together what the components show. Decides nothing that is not in its parts. */
export function makeView({ scene, stay, offline, ...rest }: ViewParts): SessionView {
	const ringing = ringingOf(scene);
	const [incoming = null] = ringing;
	const aloud = incoming && isAloud(incoming) ? incoming : null;
	const place = currentOf(scene);
	const current: CurrentCall | null =
		place && stay
			? {
					...place,
					local: localView(stay),
					remotes: remoteViews(place.call, scene.deviceId, stay),
					trouble: stay.trouble,
					offline: offline.in(place.call)
				}
			: null;
	return {
		...rest,
		userId: scene.userId,
		deviceId: scene.deviceId,
		calls: [...scene.calls.values()],
		ringing,
		incoming,
		current,
		aloud,
		tone: toneOf(aloud, current),
		endTones: scene.endTones
	};
}

function localView({ media, choice, opening }: CallStay): LocalView {
	return { stream: media.stream, ...choice, problems: media.problems, opening };
}

/** The call's other devices, in the order of joining, each with what its connection has brought. */
function remoteViews(call: CallSnapshot, ownDeviceId: string | null, stay: CallStay): RemoteView[] {
	const connected = new Map(stay.remotes.map((remote) => [remote.deviceId, remote]));
	const names = new Map(call.participants.map((one) => [one.userId, one.displayName]));
	return call.devices
		.filter((device) => device.deviceId !== ownDeviceId)
		.map(({ deviceId, userId, presence, microphoneEnabled, cameraEnabled }) => ({
			deviceId,
			userId,
			displayName: names.get(userId) ?? '',
			presence,
			microphoneEnabled,
			cameraEnabled,
			stream: connected.get(deviceId)?.stream ?? null,
			status: connected.get(deviceId)?.status ?? null
		}));
}

function toneOf(aloud: CallSnapshot | null, current: CurrentCall | null): SessionView['tone'] {
	if (current?.stage === 'outgoing') return 'ringback';
	if (!aloud) return null;
	return current ? 'waiting' : 'ring'; // whoever talks already is not rung at
}
