import { createContext, mount, unmount } from 'svelte';
import type { CallView } from './call-view.svelte';
import PictureContent from './picture-content.svelte';

/** https://wicg.github.io/document-picture-in-picture/ */
type DocumentPictureInPicture = {
	/** The one that is open. */
	readonly window: (Window & typeof globalThis) | null;
	requestWindow(options: { width: number; height: number }): Promise<Window & typeof globalThis>;
};

declare global {
	interface Window {
		readonly documentPictureInPicture?: DocumentPictureInPicture;
	}
}

type Picture = { readonly tile: string; readonly name: string; readonly video: HTMLVideoElement };

/** Somebody of the call in a small window above all others: a page of its own where there is that, else the picture alone. */
export class PictureWindow {
	/** The tile that is seen there. */
	#tile = $state<string | null>(null);
	#available = $state(false);
	#close: () => void = () => {};
	readonly #calls: CallView;

	constructor(calls: CallView) {
		this.#calls = calls;
	}

	get tile(): string | null {
		return this.#tile;
	}

	/** Not in Firefox, which has a button of its own upon each picture. */
	get available(): boolean {
		return this.#available;
	}

	/** In a browser, once. @returns a function that closes the window */
	open(): () => void {
		this.#available = window.documentPictureInPicture !== undefined || canShowPictures();
		return () => this.close();
	}

	/** By a gesture of the person's. */
	async show(picture: Picture): Promise<void> {
		this.close();
		const pages = window.documentPictureInPicture;
		try {
			if (pages) this.#showPage(picture, await pages.requestWindow({ width: 384, height: 252 }));
			else await this.#showVideo(picture);
		} catch {
			// The browser does not allow it just now.
		}
	}

	close(): void {
		this.#close();
	}

	/** The tile stays where it is, and so does the sound: a video that is moved to another document stops. */
	#showPage({ tile, name }: Picture, page: Window & typeof globalThis): void {
		copyLook(document, page);
		page.document.title = name;
		const content = mount(PictureContent, {
			target: page.document.body,
			props: { calls: this.#calls, tile, onGone: () => this.close() }
		});
		this.#begin(tile, () => {
			void unmount(content);
			page.close();
		});
		page.addEventListener('pagehide', () => this.#ended(tile), { once: true });
	}

	async #showVideo({ tile, video }: Picture): Promise<void> {
		await video.requestPictureInPicture();
		this.#begin(tile, () => {
			if (document.pictureInPictureElement === video) document.exitPictureInPicture().catch(() => undefined);
		});
		video.addEventListener('leavepictureinpicture', () => this.#ended(tile), { once: true });
	}

	#begin(tile: string, close: () => void): void {
		this.#tile = tile;
		this.#close = () => {
			this.#close = () => {};
			this.#tile = null;
			close();
		};
	}

	/** Closed by the browser, unless another one is there by now. */
	#ended(tile: string): void {
		if (this.#tile === tile) this.close();
	}
}

const canShowPictures = () =>
	document.pictureInPictureEnabled && 'requestPictureInPicture' in HTMLVideoElement.prototype;

/** A sheet belongs to the document it was made in, and our policy lets none in by its text but a made one. */
function copyLook(from: Document, page: Window & typeof globalThis): void {
	const rules = [...from.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText));
	const sheet = new page.CSSStyleSheet();
	sheet.replaceSync(rules.join('\n'));
	page.document.adoptedStyleSheets = [sheet];
	page.document.documentElement.lang = from.documentElement.lang;
}

export const [getPictureWindow, setPictureWindow] = createContext<PictureWindow>();
