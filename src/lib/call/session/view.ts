import type { LinkStatus } from '../../link/link';
import type { Reaction } from '../core/channel-message';
import type { ShownReaction } from '../core/reactions';
import type { Words } from '../core/scene-words';
import type { CallKind, CallSnapshot, DeviceSnapshot } from '../core/snapshot';
import type { DeviceProblem } from '../media/open-devices';
import type { MediaCounts, VideoCodecsInUse } from '../media/stats';

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
	/** Of the last ten seconds: how many packets were due, and how many of them did not come. */
	readonly lately: { readonly due: number; readonly lost: number };
	/** How often this side has looked for a path anew since the other device came. */
	readonly restarts: number;
	/** Of the sound alone. */
	readonly voiceJitterMs: number | null;
	/** What the last interval counted, both ways; another object for each. */
	readonly counts: MediaCounts | null;
	readonly videoCodecs: VideoCodecsInUse;
};

export type RemoteView = {
	readonly deviceId: string;
	readonly userId: string;
	readonly displayName: string;
	readonly presence: 'joined' | 'reconnecting';
	readonly microphoneEnabled: boolean;
	readonly cameraEnabled: boolean;
	/** Their microphone and their camera; null before there is something to play, or to wait for. */
	readonly sound: MediaStream | null;
	readonly picture: MediaStream | null;
	/** Whether a picture of their camera's has ever come. */
	readonly hasPicture: boolean;
	readonly screenEnabled: boolean;
	/** Their screen and its sound; null while they share none, and before its first media. */
	readonly screen: MediaStream | null;
	/** What they have turned on and what does not come, though the connection stands. */
	readonly missing: readonly ('audio' | 'video')[];
	/** Their camera's picture is not sent to us, or was not just now: this page does not show it. */
	readonly unseen: boolean;
	readonly status: PeerStatus | null;
	/** The place of their hand among those that are up: 1, 2, …; null while it is down. */
	readonly hand: number | null;
};

export type LocalView = {
	/** Null when there is neither microphone nor camera: we receive only. */
	readonly stream: MediaStream | null;
	readonly microphoneEnabled: boolean;
	readonly cameraEnabled: boolean;
	readonly problems: readonly DeviceProblem[];
	/** The browser may be asking the person for their devices just now. */
	readonly opening: boolean;
	/** `unavailable` where there is nothing to share a screen with, such as on phones. */
	readonly screen: 'unavailable' | 'off' | 'on';
	/** As in `RemoteView`. */
	readonly hand: number | null;
};

/** A hand that is up. */
export type RaisedHand = Pick<DeviceSnapshot, 'deviceId' | 'userId'> & { readonly displayName: string };

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
	/** In the order in which they were raised, ours among them. */
	readonly hands: readonly RaisedHand[];
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
	/** What `current` becomes first once the call that rings aloud is accepted: so that it can be drawn ahead, out of sight. */
	readonly next: CurrentCall | null;
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
	/** Those that are seen just now, on the tile of whose device it is; ours among them. */
	readonly reactions: readonly ShownReaction[];
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
	lowerHand(userId: string): Promise<void>;
	/** Everybody's. */
	lowerHands(): Promise<void>;
	/** Alone in the call, to wait on for somebody. */
	stay(): Promise<void>;
	setMicrophone(enabled: boolean): Promise<void>;
	setCamera(enabled: boolean): Promise<void>;
	/** On only by a gesture of the person's: the browser asks them what to share. */
	setScreen(enabled: boolean): Promise<void>;
	/** Our own. */
	setHand(raised: boolean): Promise<void>;
	dismissNotice(): void;
	/** To all who are connected just now, and to nobody later. */
	react(reaction: Reaction): void;
};
