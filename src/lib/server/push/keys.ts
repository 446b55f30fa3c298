import webPush from 'web-push';
import type { Db } from '../db/client';
import { pushKeys } from '../db/schema';

/** VAPID (RFC 8292): base64url of the point and of the scalar. */
export type Keys = { publicKey: string; privateKey: string };

/**
 * The installation's pair. It is made when it is first asked for and kept in the database, so that nobody has to make one
 * before the first start, and all servers have the same.
 */
export function createKeys(db: Db): () => Promise<Keys> {
	let known: Promise<Keys> | null = null;

	async function readOrMake(): Promise<Keys> {
		const read = async () => (await db.select().from(pushKeys))[0];
		const found = await read();
		if (found) return found;
		// Of two servers that make one now, the second waits for the first's row, and keeps that one.
		await db.insert(pushKeys).values(webPush.generateVAPIDKeys()).onConflictDoNothing();
		const kept = await read();
		if (!kept) throw new Error('the push keys are gone');
		return kept;
	}

	return () => {
		known ??= readOrMake().catch((error: unknown) => {
			known = null;
			throw error;
		});
		return known;
	};
}
