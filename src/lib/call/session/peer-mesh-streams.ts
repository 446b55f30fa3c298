type Remote = {
	stream: MediaStream | null;
	readonly tracks: Map<string, MediaStreamTrack>;
	cameraEnabled: boolean;
};

/**
 * What the other devices send, as one stream each to play. A stream stays the same object while connections are
 * replaced and cameras turned on and off, so that whatever plays it plays on.
 *
 * A video track is in it only while that camera is on: an element that is given a stream whose picture does not
 * come waits for it and plays no sound either (Chromium).
 */
export function createPeerStreams() {
	const remotes = new Map<string, Remote>();

	function of(deviceId: string): Remote {
		const known = remotes.get(deviceId);
		if (known) return known;
		const remote: Remote = { stream: null, tracks: new Map(), cameraEnabled: false };
		remotes.set(deviceId, remote);
		return remote;
	}

	function arrange(remote: Remote): void {
		const wanted = [...remote.tracks.values()].filter(
			(track) => track.kind === 'audio' || remote.cameraEnabled
		);
		if (wanted.length > 0) remote.stream ??= new MediaStream();
		const { stream } = remote;
		if (!stream) return;
		const standing = stream.getTracks();
		for (const track of standing) if (!wanted.includes(track)) stream.removeTrack(track);
		for (const track of wanted) if (!standing.includes(track)) stream.addTrack(track);
	}

	return {
		/** A track with media, in place of an earlier connection's of the same kind. */
		take(deviceId: string, track: MediaStreamTrack): void {
			const remote = of(deviceId);
			remote.tracks.set(track.kind, track);
			arrange(remote);
		},
		/** What the snapshot says of that device. */
		setCameraEnabled(deviceId: string, cameraEnabled: boolean): void {
			const remote = of(deviceId);
			remote.cameraEnabled = cameraEnabled;
			arrange(remote);
		},
		get: (deviceId: string): MediaStream | null => remotes.get(deviceId)?.stream ?? null,
		forget(deviceId: string): void {
			remotes.delete(deviceId);
		}
	};
}
