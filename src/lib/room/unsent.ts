import { z } from 'zod';
import { id, messageBody } from '../call/core/account';

const unsentMessage = z.object({ id, body: messageBody, createdAt: z.int().nonnegative() });
/** A message that the room does not have yet. */
export type UnsentMessage = z.infer<typeof unsentMessage>;

/** Asking for the storage throws where the browser forbids it: hence a function. */
type GetStorage = () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** Where one tab keeps one person's unsent messages of one room over a reload. */
export type UnsentKeeper = {
	read(): UnsentMessage[];
	write(messages: readonly UnsentMessage[]): void;
};

const prefixOf = (userId: string) => `parley.unsent.${userId}.`;

export function createUnsentKeeper(storage: GetStorage, userId: string, roomId: string): UnsentKeeper {
	const key = `${prefixOf(userId)}${roomId}`;
	return {
		read() {
			try {
				return z.array(unsentMessage).parse(JSON.parse(storage().getItem(key) ?? '[]'));
			} catch {
				return []; // forbidden, or not ours
			}
		},
		write(messages) {
			try {
				if (messages.length === 0) return storage().removeItem(key);
				const kept = messages.map(({ id, body, createdAt }) => ({ id, body, createdAt }));
				storage().setItem(key, JSON.stringify(kept));
			} catch {
				// Full or forbidden: they are kept as long as this page is.
			}
		}
	};
}

/** Who signs out leaves none of their words to who uses this tab next. */
export function forgetUnsent(storage: GetStorage, userId: string): void {
	try {
		const tab = storage();
		const keys = Array.from({ length: tab.length }, (_, at) => tab.key(at) ?? '');
		for (const key of keys) if (key.startsWith(prefixOf(userId))) tab.removeItem(key);
	} catch {
		// Forbidden: so there is nothing.
	}
}
