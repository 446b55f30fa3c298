import { raisedHands } from '../core/hands';
import { currentOf, isAloud, ringingOf, type Scene } from '../core/scene';
import type { CallSnapshot } from '../core/snapshot';
import type { CallStay } from './call-stay';
import type { OfflineCallees } from './offline-callees';
import type { CurrentCall, LocalView, RaisedHand, RemoteView, SessionView } from './view';

export type ViewParts = Pick<SessionView, 'starting' | 'notice' | 'clockOffsetMs' | 'link' | 'reactions'> & {
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
	const current =
		place && stay
			? callView(place, scene, {
					local: localView(stay),
					remotes: stay.remotes,
					trouble: stay.trouble,
					offline: offline.in(place.call)
				})
			: null;
	const next = aloud && !place ? callView({ call: aloud, stage: 'joining' }, scene, NOTHING_YET) : null;
	return {
		...rest,
		userId: scene.userId,
		deviceId: scene.deviceId,
		calls: [...scene.calls.values()],
		ringing,
		incoming,
		current,
		next,
		aloud,
		tone: toneOf(aloud, current),
		endTones: scene.endTones
	};
}

/** What the stay in a call knows of it. */
type Inside = Pick<CurrentCall, 'trouble' | 'offline'> & {
	readonly local: Omit<LocalView, 'hand'>;
	readonly remotes: CallStay['remotes'];
};

const NOTHING_YET: Inside = {
	local: {
		stream: null,
		microphoneEnabled: true,
		cameraEnabled: false,
		problems: [],
		opening: true,
		screen: 'off'
	},
	remotes: [],
	trouble: null,
	offline: []
};

function callView(
	place: Pick<CurrentCall, 'call' | 'stage'>,
	{ deviceId }: Scene,
	{ local, remotes, ...inside }: Inside
): CurrentCall {
	const hands = handsUp(place.call);
	return {
		...place,
		...inside,
		local: { ...local, hand: handOf(hands, deviceId) },
		remotes: remoteViews(place.call, deviceId, remotes, hands),
		hands
	};
}

function localView({ media, screen, choice, opening }: CallStay): Omit<LocalView, 'hand'> {
	const off = screen.available ? 'off' : 'unavailable';
	return {
		stream: media.stream,
		...choice,
		problems: media.problems,
		opening,
		screen: screen.enabled ? 'on' : off
	};
}

/** The call's other devices, in the order of joining, each with what its connection has brought. */
function remoteViews(
	call: CallSnapshot,
	ownDeviceId: string | null,
	remotes: CallStay['remotes'],
	hands: readonly RaisedHand[]
): RemoteView[] {
	const connected = new Map(remotes.map((remote) => [remote.deviceId, remote]));
	const names = namesIn(call);
	return call.devices
		.filter((device) => device.deviceId !== ownDeviceId)
		.map(({ deviceId, userId, presence, microphoneEnabled, cameraEnabled, screenEnabled }) => ({
			deviceId,
			userId,
			displayName: names.get(userId) ?? '',
			presence,
			microphoneEnabled,
			cameraEnabled,
			sound: connected.get(deviceId)?.sound ?? null,
			picture: connected.get(deviceId)?.picture ?? null,
			hasPicture: connected.get(deviceId)?.hasPicture ?? false,
			screenEnabled,
			screen: connected.get(deviceId)?.screen ?? null,
			missing: connected.get(deviceId)?.missing ?? [],
			unseen: connected.get(deviceId)?.unseen ?? false,
			status: connected.get(deviceId)?.status ?? null,
			hand: handOf(hands, deviceId)
		}));
}

function handsUp(call: CallSnapshot): RaisedHand[] {
	const names = namesIn(call);
	return raisedHands(call.devices).map(({ deviceId, userId }) => ({
		deviceId,
		userId,
		displayName: names.get(userId) ?? ''
	}));
}

function handOf(hands: readonly RaisedHand[], deviceId: string | null): number | null {
	const index = hands.findIndex((hand) => hand.deviceId === deviceId);
	return index === -1 ? null : index + 1;
}

function namesIn(call: CallSnapshot): Map<string, string> {
	return new Map(call.participants.map((one) => [one.userId, one.displayName]));
}

function toneOf(aloud: CallSnapshot | null, current: CurrentCall | null): SessionView['tone'] {
	if (current?.stage === 'outgoing') return 'ringback';
	if (!aloud) return null;
	return current ? 'waiting' : 'ring'; // whoever talks already is not rung at
}
