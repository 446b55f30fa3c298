import type { Lane } from '../media/lanes';

/** What the snapshot says of a device: which pictures it sends. */
type Pictures = { readonly cameraEnabled: boolean; readonly screenEnabled: boolean };

type Remote = {
	stream: MediaStream | null;
	screen: MediaStream | null;
	readonly tracks: Map<Lane, MediaStreamTrack>;
	pictures: Pictures;
};

/**
 * What the other devices send: one stream each to play, and another one while they share their screen. A stream stays
 * the same object while connections are replaced and cameras turned on and off, so that whatever plays it plays on.
 *
 * A video track is in it only while that camera is on: an element that is given a stream whose picture does not
 * come waits for it and plays no sound either (Chromium).
 */
export function createPeerStreams() {
	const remotes = new Map<string, Remote>();

	function of(deviceId: string): Remote {
		const known = remotes.get(deviceId);
		if (known) return known;
		const remote: Remote = {
			stream: null,
			screen: null,
			tracks: new Map(),
			pictures: { cameraEnabled: false, screenEnabled: false }
		};
		remotes.set(deviceId, remote);
		return remote;
	}

	function arrange(remote: Remote): void {
		const { cameraEnabled, screenEnabled } = remote.pictures;
		const only = (...lanes: Lane[]) => lanes.flatMap((lane) => remote.tracks.get(lane) ?? []);
		remote.stream = streamOf(remote.stream, cameraEnabled ? only('audio', 'video') : only('audio'));
		// The next share begins with a stream of its own, and with none of this one's last picture.
		remote.screen = screenEnabled ? streamOf(remote.screen, only('screenVideo', 'screenAudio')) : null;
	}

	return {
		/** A track with media, in place of an earlier connection's in the same lane. */
		take(deviceId: string, lane: Lane, track: MediaStreamTrack): void {
			const remote = of(deviceId);
			remote.tracks.set(lane, track);
			arrange(remote);
		},
		setPictures(deviceId: string, pictures: Pictures): void {
			const remote = of(deviceId);
			remote.pictures = pictures;
			arrange(remote);
		},
		/** The id of the track that came last in that lane; null before the first. */
		trackId: (deviceId: string, lane: Lane): string | null =>
			remotes.get(deviceId)?.tracks.get(lane)?.id ?? null,
		get(deviceId: string): { stream: MediaStream | null; screen: MediaStream | null } {
			const { stream = null, screen = null } = remotes.get(deviceId) ?? {};
			return { stream, screen };
		},
		forget(deviceId: string): void {
			remotes.delete(deviceId);
		}
	};
}

/** @returns the standing stream with exactly these tracks; a new one when there is the first track */
function streamOf(standing: MediaStream | null, wanted: readonly MediaStreamTrack[]): MediaStream | null {
	if (!standing && wanted.length === 0) return null;
	const stream = standing ?? new MediaStream();
	const tracks = stream.getTracks();
	for (const track of tracks) if (!wanted.includes(track)) stream.removeTrack(track);
	for (const track of wanted) if (!tracks.includes(track)) stream.addTrack(track);
	return stream;
}
