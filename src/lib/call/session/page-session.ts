import type { Link } from '../../link/link';
import type { Equipment } from '../media/equipment';
import { createLocalMedia } from '../media/local-media';
import { createSpeechMinder } from '../media/muted-speech';
import { createPeerConnection } from '../media/peer-connection';
import { createScreenShare } from '../media/screen-share';
import { createCodecWish } from '../media/video-codecs';
import { createCallMemory } from './call-memory';
import { createCallServer } from './call-server';
import { CallSession } from './call-session';
import { createPageLife } from './page-life';
import { createPeerMesh } from './peer-mesh';

type PageSessionOptions = {
	readonly link: Link;
	readonly userId: string;
	readonly equipment: Equipment;
	/** Whether this person wants no path but by a TURN server. */
	readonly hidesAddress: () => boolean;
};

/**
 * The session of this page, with the browser's own devices, connections and storage. Nothing of the browser is
 * touched before `open()`, so making one while a page is rendered on the server does no harm.
 */
export function createPageSession({
	link,
	userId,
	equipment,
	hidesAddress
}: PageSessionOptions): CallSession {
	const mindSpeech = createSpeechMinder(Date.now);
	const codecs = createCodecWish(() => equipment.choice.videoCodec);
	return new CallSession({
		link,
		userId,
		hidesAddress,
		server: createCallServer(link.api),
		openMedia(onChange, onNews) {
			codecs.prepare();
			return createLocalMedia({ equipment, onChange, onNews, mindSpeech });
		},
		openScreen: (onChange) => createScreenShare({ onChange }),
		createMesh: (deps) =>
			createPeerMesh({
				...deps,
				connect: (options) => createPeerConnection({ ...options, codecs: codecs.wanted })
			}),
		memory: createCallMemory({
			storage: () => sessionStorage,
			locks: typeof navigator === 'undefined' ? undefined : navigator.locks,
			now: Date.now
		}),
		joinsWith: () => ({
			microphoneEnabled: equipment.choice.joinWithMicrophone,
			cameraEnabled: equipment.choice.joinWithCamera
		}),
		page: createPageLife(),
		now: Date.now
	});
}
