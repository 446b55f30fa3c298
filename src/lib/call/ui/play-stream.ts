/**
 * Plays a stream: its picture in one element and its sound in another, because a video element waits for its first
 * picture, which may never come.
 *
 * @param onSoundRefused the browser wants a gesture before it plays sound. `retry` plays it, when called in one
 */
export function playStream(
	{ video, audio }: { video: HTMLVideoElement; audio: HTMLAudioElement },
	stream: MediaStream | null,
	onSoundRefused: (retry: () => void) => void
): void {
	video.srcObject = stream;
	audio.srcObject = stream;
	if (!stream) return;
	const play = () => {
		audio.play().catch((error: unknown) => {
			if (error instanceof DOMException && error.name === 'NotAllowedError') onSoundRefused(play);
		});
	};
	play();
	// Muted, it is always allowed. What interrupts it is the next stream.
	video.play().catch(() => undefined);
}
