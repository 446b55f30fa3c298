import { TRPCClientError } from '@trpc/client';
import { expect, vi } from 'vitest';
import type { LinkNews } from '../../link/link';
import type { ChannelMessage } from '../core/channel-message';
import type { ErrorKey } from '../core/errors';
import type { PeerReport } from '../core/connection-report';
import { device } from '../core/scene-fixture';
import type { LocalMediaNews } from '../media/local-media';
import type { CallSnapshot, EndReason, InviteState } from '../core/snapshot';
import type { ScreenProblem } from '../media/screen-share';
import type { RememberedCall } from './call-memory';
import type { CallServer } from './call-server';
import { CallSession } from './call-session';
import type { PeerMeshDeps } from './peer-mesh';

// What the tests of CallSession stand on: a link, a server, devices and connections that do as they are told.

const ME = 'me';
export const HERE = 'device-1';

type Shape = { id?: string; version?: number; invite?: InviteState; devices?: string[]; ended?: EndReason };

/** Ann calls me by video. */
export function annCalls({
	id = 'a',
	version = 1,
	invite = 'ringing',
	devices = ['anns'],
	ended
}: Shape = {}) {
	const person = { ringUntil: null, removed: false };
	return {
		id,
		roomId: `room-${id}`,
		roomName: 'Ann',
		ring: 'ring',
		direct: true,
		kind: 'video',
		phase: ended ? 'ended' : invite === 'accepted' ? 'active' : 'ringing',
		version,
		callerId: 'ann',
		hostId: 'ann',
		startedAt: 1,
		activeAt: invite === 'accepted' ? 2 : null,
		aloneUntil: null,
		endedAt: ended ? 3 : null,
		endReason: ended ?? null,
		failure: null,
		participants: [
			{ ...person, userId: 'ann', displayName: 'Ann', role: 'caller', invite: 'accepted' },
			{ ...person, userId: ME, displayName: 'Me', role: 'callee', invite }
		],
		devices: devices.map((id, index) => ({
			...device(id, index + 1),
			userId: id.startsWith('device') ? ME : 'ann'
		}))
	} satisfies CallSnapshot as CallSnapshot;
}

export const accepted = (shape: Shape = {}) =>
	annCalls({ version: 2, invite: 'accepted', devices: ['anns', HERE], ...shape });

export function refusal(key: ErrorKey) {
	return new TRPCClientError(key, { result: { error: { message: key, code: -1, data: { key } } } as never });
}

/** A promise that the test settles. */
export function later<Value>() {
	let resolve: (value: Value) => void = () => {};
	let reject: (error: unknown) => void = () => {};
	const promise = new Promise<Value>((yes, no) => ([resolve, reject] = [yes, no]));
	return { promise, resolve, reject };
}

export function world({ remembered = null as RememberedCall | null, hidesAddress = false } = {}) {
	const listeners = new Set<(news: LinkNews) => void>();
	const link = {
		deviceId: null as string | null,
		status: { rung: 'websocket', since: 0, why: '' } as const,
		listen(listener: (news: LinkNews) => void) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		sendSignal: vi.fn()
	};
	const tell = (news: LinkNews) => {
		if (news.type === 'device') link.deviceId = news.deviceId;
		for (const listener of [...listeners]) listener(news);
	};
	const server = {
		start: vi.fn<CallServer['start']>(async () => accepted()),
		accept: vi.fn<CallServer['accept']>(async () => accepted()),
		join: vi.fn<CallServer['join']>(async () => accepted()),
		decline: vi.fn<CallServer['decline']>(async () => undefined),
		leave: vi.fn<CallServer['leave']>(async () => undefined),
		end: vi.fn<CallServer['end']>(async () => undefined),
		mute: vi.fn<CallServer['mute']>(async () => undefined),
		remove: vi.fn<CallServer['remove']>(async () => undefined),
		handOver: vi.fn<CallServer['handOver']>(async () => undefined),
		lowerHand: vi.fn<CallServer['lowerHand']>(async () => undefined),
		lowerHands: vi.fn<CallServer['lowerHands']>(async () => undefined),
		stay: vi.fn<CallServer['stay']>(async () => undefined),
		setMedia: vi.fn<CallServer['setMedia']>(async () => undefined),
		setHand: vi.fn<CallServer['setHand']>(async () => undefined),
		renew: vi.fn<CallServer['renew']>(async () => undefined),
		connected: vi.fn<CallServer['connected']>(async () => undefined),
		failed: vi.fn<CallServer['failed']>(async () => undefined),
		reportConnection: vi.fn<CallServer['reportConnection']>(async () => undefined),
		get: vi.fn<CallServer['get']>(async () => accepted()),
		iceServers: vi.fn<CallServer['iceServers']>(async () => ({
			iceServers: [],
			expiresAt: null,
			serverNow: 0
		})),
		presence: vi.fn<CallServer['presence']>(async () => [])
	};
	const medias: ReturnType<typeof fakeMedia>[] = [];
	const denied = { camera: false };
	/** Whether the browser lets the page use devices before it has asked. */
	const permitted = { devices: false };
	const joinsWith = { microphoneEnabled: true, cameraEnabled: true };
	const opening: (() => Promise<void>)[] = [];
	function fakeMedia(onChange: () => void, onNews: (news: LocalMediaNews) => void) {
		const on = { microphone: false, camera: false };
		return {
			onNews,
			tracks: { audio: null, video: null },
			stream: null,
			closed: false,
			permitted: permitted.devices,
			problems: [] as { device: 'camera'; reason: 'denied' }[],
			get microphoneEnabled() {
				return on.microphone;
			},
			get cameraEnabled() {
				return on.camera;
			},
			async open(wanted: { microphone: boolean; camera: boolean }) {
				await opening.shift()?.();
				on.microphone = wanted.microphone;
				on.camera = wanted.camera && !denied.camera;
				if (wanted.camera && denied.camera) this.problems = [{ device: 'camera', reason: 'denied' }];
				onChange();
			},
			async setMicrophone(enabled: boolean) {
				on.microphone = enabled;
				onChange();
			},
			async setCamera(enabled: boolean) {
				on.camera = enabled;
				onChange();
			},
			close() {
				this.closed = true;
			}
		};
	}
	const screens: ReturnType<typeof fakeScreen>[] = [];
	/** What sharing a screen fails with next. */
	const refused = { screen: null as ScreenProblem | null };
	function fakeScreen(onChange: () => void) {
		const set = (enabled: boolean) => {
			share.enabled = enabled;
			onChange();
		};
		const share = {
			tracks: { screenVideo: null, screenAudio: null },
			available: true,
			enabled: false,
			closed: false,
			async start() {
				if (!refused.screen) set(true);
				return refused.screen;
			},
			stop: () => set(false),
			close: () => void (share.closed = true)
		};
		return share;
	}
	const meshes: ReturnType<typeof fakeMesh>[] = [];
	function fakeMesh(deps: PeerMeshDeps) {
		return {
			deps,
			update: vi.fn(),
			receive: vi.fn(),
			setTracks: vi.fn(),
			setIce: vi.fn(),
			remotes: () => [],
			reports: (): PeerReport[] => [],
			restartIce: vi.fn(),
			refreshStatus: vi.fn(async () => undefined),
			levels: () => new Map<string, number>(),
			say: vi.fn((_message: ChannelMessage) => 1),
			close: vi.fn()
		};
	}
	const memory = { remember: vi.fn(), forget: vi.fn(), recall: vi.fn(async () => remembered) };
	let leaving = () => {};
	const postOnLeaving = vi.fn();
	const session = new CallSession({
		link,
		userId: ME,
		server,
		openMedia(onChange, onNews) {
			const media = fakeMedia(onChange, onNews);
			medias.push(media);
			return media;
		},
		openScreen(onChange) {
			const screen = fakeScreen(onChange);
			screens.push(screen);
			return screen;
		},
		createMesh(deps) {
			const mesh = fakeMesh(deps);
			meshes.push(mesh);
			return mesh;
		},
		memory,
		hidesAddress: () => hidesAddress,
		joinsWith: () => joinsWith,
		page: {
			listen(on) {
				leaving = on.leaving;
				return () => {};
			},
			postOnLeaving
		},
		now: () => 1_000
	});
	session.open();
	return {
		session,
		server,
		tell,
		medias,
		screens,
		refused,
		meshes,
		memory,
		denied,
		permitted,
		joinsWith,
		opening,
		postOnLeaving,
		leavePage: () => leaving(),
		/** A page that is a device, and rings. */
		ringing() {
			tell({ type: 'device', deviceId: HERE });
			tell({ type: 'call', call: annCalls() });
		},
		/** A page that is in the call. */
		async inside() {
			tell({ type: 'device', deviceId: HERE });
			tell({ type: 'call', call: annCalls() });
			await session.actions.accept('a', true);
			await vi.waitFor(() => expect(meshes).toHaveLength(1));
		}
	};
}
