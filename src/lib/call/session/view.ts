import type { LinkStatus } from '../../link/link';
import type { Words } from '../core/scene-words';
import type { CallKind, CallSnapshot } from '../core/snapshot';
import type { DeviceProblem } from '../media/open-devices';

export type { DeviceProblem };

/** What the connection to one other device is doing. Strings are W3C's own. */
export type PeerStatus = {
	readonly connectionState: RTCPeerConnectionState;
	readonly iceConnectionState: RTCIceConnectionState;
	readonly iceGatheringState: RTCIceGatheringState;
	readonly signalingState: RTCSignalingState;
	/** The local candidate's type of the pair in use; null before one is. */
	readonly path: 'host' | 'srflx' | 'prflx' | 'relay' | null;
	readonly roundTripMs: number | null;
	/** Received packets lost in the last interval, 0 to 100. */
	readonly packetLossPercent: number | null;
	/** Received bits per second over the last interval. */
	readonly bitrateBps: number | null;
	readonly framesDecoded: number;
	/** Of the last interval. */
	readonly framesPerSecond: number | null;
	/** How unevenly packets come, milliseconds (RFC 3550, 6.4.1): the worst of what is received. */
	readonly jitterMs: number | null;
};

export type RemoteView = {
	readonly deviceId: string;
	readonly userId: string;
	readonly displayName: string;
	readonly presence: 'joined' | 'reconnecting';
	readonly microphoneEnabled: boolean;
	readonly cameraEnabled: boolean;
	/** Null before the first track. */
	readonly stream: MediaStream | null;
	readonly status: PeerStatus | null;
};

export type LocalView = {
	/** Null when there is neither microphone nor camera: we receive only. */
	readonly stream: MediaStream | null;
	readonly microphoneEnabled: boolean;
	readonly cameraEnabled: boolean;
	readonly problems: readonly DeviceProblem[];
	/** The browser may be asking the person for their devices just now. */
	readonly opening: boolean;
};

/** The call this page is in, or is on its way into or out of. */
export type CurrentCall = {
	readonly call: CallSnapshot;
	/** joining: devices are being opened or the server asked; outgoing: it rings at the others. */
	readonly stage: 'joining' | 'outgoing' | 'joined';
	readonly local: LocalView;
	readonly remotes: readonly RemoteView[];
	/** Why nobody in the call can be reached, in words; null while somebody can, or may be soon. */
	readonly trouble: string | null;
	/** While it is outgoing: the user ids of those it rings at who are not there. It rings on. */
	readonly offline: readonly string[];
};

/** What happened to the last call, to be said once in words. */
export type CallNotice = Words & {
	readonly id: number;
	/** The call it is about, if it is about one. */
	readonly about: { readonly callId: string; readonly roomId: string; readonly kind: CallKind } | null;
};

/** Everything the call's components show. Immutable: a change is a new object. */
export type SessionView = {
	/** Whose view this is. */
	readonly userId: string;
	readonly deviceId: string | null;
	/** All live calls this person may see. */
	readonly calls: readonly CallSnapshot[];
	/** The calls that ring for this person on this device, in the way they set for their rooms: aloud or silently. */
	readonly ringing: readonly CallSnapshot[];
	/** The first of them: the one that the page shows. */
	readonly incoming: CallSnapshot | null;
	readonly current: CurrentCall | null;
	/** A call that the server is being asked to start; it becomes `current`. */
	readonly starting: { readonly roomId: string; readonly kind: CallKind } | null;
	readonly notice: CallNotice | null;
	/** Server clock minus this device's clock, milliseconds: add it to Date.now(). */
	readonly clockOffsetMs: number;
	/** The call that rings here aloud: it is heard, and told of outside the page. Null also when it rings in silence. */
	readonly aloud: CallSnapshot | null;
	/** A sound that should be heard now, if any. */
	readonly tone: Tone | null;
	/** Each time it rises, a call is over for this page by somebody else's doing, and that is heard once. */
	readonly endTones: number;
	/** Which way news and signals travel just now, since when and why. */
	readonly link: LinkStatus;
};

/** `waiting`: somebody calls while this page is in a call. */
export type Tone = 'ring' | 'ringback' | 'waiting';

/** What the call's components may ask for. Each resolves when the server has answered; none throws. */
export type CallActions = {
	start(roomId: string, kind: CallKind): Promise<void>;
	accept(callId: string, withCamera: boolean): Promise<void>;
	decline(callId: string): Promise<void>;
	/** Joins a live call that does not ring here. */
	join(callId: string): Promise<void>;
	/** Caller, while it rings: cancels. In the call: leaves. */
	leave(): Promise<void>;
	/** As the host of the call. */
	endForEveryone(): Promise<void>;
	mute(userId: string): Promise<void>;
	remove(userId: string): Promise<void>;
	handOver(userId: string): Promise<void>;
	/** Alone in the call, to wait on for somebody. */
	stay(): Promise<void>;
	setMicrophone(enabled: boolean): Promise<void>;
	setCamera(enabled: boolean): Promise<void>;
	dismissNotice(): void;
};
