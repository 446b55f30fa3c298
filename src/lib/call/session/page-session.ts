import type { Link } from '../../link/link';
import { createLocalMedia } from '../media/local-media';
import { createCallMemory } from './call-memory';
import { createCallServer } from './call-server';
import { CallSession } from './call-session';
import { createPageLife } from './page-life';
import { createPeerMesh } from './peer-mesh';

/**
 * The session of this page, with the browser's own devices, connections and storage. Nothing of the browser is
 * touched before `open()`, so making one while a page is rendered on the server does no harm.
 */
export function createPageSession({ link, userId }: { link: Link; userId: string }): CallSession {
	return new CallSession({
		link,
		userId,
		server: createCallServer(link.api),
		openMedia: (onChange) => createLocalMedia({ onChange }),
		createMesh: createPeerMesh,
		memory: createCallMemory({
			storage: () => sessionStorage,
			locks: typeof navigator === 'undefined' ? undefined : navigator.locks,
			now: Date.now
		}),
		page: createPageLife(),
		now: Date.now
	});
}
