import { sizeOfTile, type ShownSize } from '../core/shown-size';

/**
 * Follows how large an element is seen: its size, whether any of it is within the page's window, and whether the page is
 * seen at all.
 *
 * @param onSize called at first once both are known @returns a function that stops
 */
export function followSize(element: HTMLElement, onSize: (size: ShownSize) => void): () => void {
	let box: Pick<DOMRectReadOnly, 'width' | 'height'> | null = null;
	let within: boolean | null = null;

	function tell(): void {
		if (!box || within === null) return;
		onSize(document.hidden || !within ? 0 : sizeOfTile(box.width, box.height, devicePixelRatio));
	}

	const resizes = new ResizeObserver((entries) => {
		box = entries.at(-1)?.contentRect ?? box;
		tell();
	});
	const crossings = new IntersectionObserver((entries) => {
		within = entries.at(-1)?.isIntersecting ?? within;
		tell();
	});
	resizes.observe(element);
	crossings.observe(element);
	document.addEventListener('visibilitychange', tell);
	return () => {
		resizes.disconnect();
		crossings.disconnect();
		document.removeEventListener('visibilitychange', tell);
	};
}

export const largerOf = (a: ShownSize, b: ShownSize): ShownSize => (a > b ? a : b);
