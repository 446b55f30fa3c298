/** Muted, a picture is always allowed to play. What interrupts it is the next stream. */
export function playPicture(video: HTMLVideoElement, picture: MediaStream | null): void {
	video.srcObject = picture;
	if (picture) video.play().catch(() => undefined);
}

/**
 * In an element of its own, because a video element waits for its first picture, which may never come.
 *
 * @param onRefused the browser wants a gesture before it plays sound. `retry` plays it, when called in one
 */
export function playSound(
	audio: HTMLAudioElement,
	sound: MediaStream | null,
	onRefused: (retry: () => void) => void
): void {
	audio.srcObject = sound;
	if (!sound) return;
	const play = () => {
		audio.play().catch((error: unknown) => {
			if (error instanceof DOMException && error.name === 'NotAllowedError') onRefused(play);
		});
	};
	play();
}
