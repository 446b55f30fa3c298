import type { Lane } from '../media/lanes';

/** What the snapshot says of a device: which pictures it sends. */
type Pictures = { readonly cameraEnabled: boolean; readonly screenEnabled: boolean };

type Remote = {
	sound: MediaStream | null;
	readonly picture: MediaStream;
	screen: MediaStream | null;
	readonly tracks: Map<Lane, MediaStreamTrack>;
	hasPicture: boolean;
	pictures: Pictures;
};

/**
 * What the other devices send: two streams each to play, and another one while they share their screen. A stream stays
 * the same object while connections are replaced and cameras turned on and off, so that whatever plays it plays on.
 *
 * Sound and picture are apart, because an element that is given both waits for the first picture, which may not come, and plays no
 * sound either (Chromium). The picture's is there from the beginning, and its track before it brings anything: what begins to play
 * with the first frame has missed it, and waits for the second. (Sound that is added to an empty stream is not played: tried.)
 */
export function createPeerStreams() {
	const remotes = new Map<string, Remote>();

	function of(deviceId: string): Remote {
		const known = remotes.get(deviceId);
		if (known) return known;
		const remote: Remote = {
			sound: null,
			picture: new MediaStream(),
			screen: null,
			tracks: new Map(),
			hasPicture: false,
			pictures: { cameraEnabled: false, screenEnabled: false }
		};
		remotes.set(deviceId, remote);
		return remote;
	}

	function arrange(remote: Remote): void {
		const { cameraEnabled, screenEnabled } = remote.pictures;
		const only = (...lanes: Lane[]) => lanes.flatMap((lane) => remote.tracks.get(lane) ?? []);
		remote.sound = streamOf(remote.sound, only('audio'));
		// A camera that is turned on again begins with none of its last picture, and so does the next share, with a stream of its own.
		fill(remote.picture, cameraEnabled ? only('video') : []);
		remote.screen = screenEnabled ? streamOf(remote.screen, only('screenVideo', 'screenAudio')) : null;
	}

	return {
		/** A track that may bring the first picture. Of a later connection's, the last picture from before stays until it does. */
		expectPicture(deviceId: string, track: MediaStreamTrack): void {
			const remote = of(deviceId);
			if (remote.hasPicture) return;
			remote.tracks.set('video', track);
			arrange(remote);
		},
		/** A track with media, in place of an earlier connection's in the same lane. */
		take(deviceId: string, lane: Lane, track: MediaStreamTrack): void {
			const remote = of(deviceId);
			remote.tracks.set(lane, track);
			if (lane === 'video') remote.hasPicture = true;
			arrange(remote);
		},
		setPictures(deviceId: string, pictures: Pictures): void {
			const remote = of(deviceId);
			remote.pictures = pictures;
			arrange(remote);
		},
		/** The id of the track that is played in that lane; null before the first. */
		trackId: (deviceId: string, lane: Lane): string | null =>
			remotes.get(deviceId)?.tracks.get(lane)?.id ?? null,
		get(deviceId: string): Pick<Remote, 'sound' | 'picture' | 'screen' | 'hasPicture'> {
			const { sound, picture, screen, hasPicture } = of(deviceId);
			return { sound, picture, screen, hasPicture };
		},
		forget(deviceId: string): void {
			remotes.delete(deviceId);
		}
	};
}

/** @returns the standing stream with exactly these tracks; a new one when there is the first track */
function streamOf(standing: MediaStream | null, wanted: readonly MediaStreamTrack[]): MediaStream | null {
	if (!standing && wanted.length === 0) return null;
	return fill(standing ?? new MediaStream(), wanted);
}

function fill(stream: MediaStream, wanted: readonly MediaStreamTrack[]): MediaStream {
	const tracks = stream.getTracks();
	for (const track of tracks) if (!wanted.includes(track)) stream.removeTrack(track);
	for (const track of wanted) if (!tracks.includes(track)) stream.addTrack(track);
	return stream;
}
