type Receiver = Pick<RTCRtpReceiver, 'getSynchronizationSources'>;

/**
 * Reads how loud a received track is, 0 to 1, from what came with its last packet. That stays known for ten seconds, so
 * the packet before says whether anything has come since: a sender that has stopped is silent.
 *
 * @returns a function to be called every now and then, some packets apart
 */
export function createAudioLevel(receiver: () => Receiver | undefined): () => number {
	let last: number | null = null;
	return () => {
		const [newest] = [...(receiver()?.getSynchronizationSources() ?? [])].sort(
			(a, b) => b.timestamp - a.timestamp
		);
		if (!newest || newest.rtpTimestamp === last) return 0;
		last = newest.rtpTimestamp;
		return newest.audioLevel ?? 0;
	};
}
