import { createContext } from 'svelte';
import { keepHidesAddress, readHidesAddress } from '../session/address-choice';

const storage = () => localStorage;

/** Whether calls of this browser hide its network address, for who looks at the settings and for the calls. */
export class AddressPrivacy {
	#hides = $state<boolean | null>(null);

	/** Null until what is kept was read: on the server, and in a page that is only being brought to life. */
	get hides(): boolean | null {
		return this.#hides;
	}

	choose(hides: boolean): void {
		keepHidesAddress(hides, storage);
		this.#hides = hides;
	}

	/** Reads what is kept, and what other tabs change of it. In a browser, once. @returns a function that stops */
	open(): () => void {
		const look = () => (this.#hides = readHidesAddress(storage));
		look();
		window.addEventListener('storage', look);
		return () => window.removeEventListener('storage', look);
	}
}

export const [getAddressPrivacy, setAddressPrivacy] = createContext<AddressPrivacy>();
