import type { Link } from '../../link/link';
import type { Equipment } from '../media/equipment';
import { createLocalMedia } from '../media/local-media';
import { createSpeechMinder } from '../media/muted-speech';
import { createPeerConnection } from '../media/peer-connection';
import { createScreenShare } from '../media/screen-share';
import { createSpareKeeper } from '../media/spare-keeper';
import { createCodecWish } from '../media/video-codecs';
import { createCallMemory } from './call-memory';
import { createCallServer } from './call-server';
import { CallSession } from './call-session';
import { createIceAhead } from './ice-ahead';
import { createPageLife } from './page-life';
import { createPeerMesh } from './peer-mesh';
import type { SessionView } from './view';

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
	const spares = createSpareKeeper();
	const server = createCallServer(link.api);
	const iceAhead = createIceAhead(server.iceServers);
	const session = new CallSession({
		link,
		userId,
		hidesAddress,
		server: { ...server, iceServers: iceAhead.ask },
		openMedia(onChange, onNews) {
			codecs.prepare();
			return createLocalMedia({ equipment, onChange, onNews, mindSpeech });
		},
		openScreen: (onChange) => createScreenShare({ onChange }),
		createMesh: (deps) =>
			createPeerMesh({
				...deps,
				connect: ({ offersFirst, ...options }) => {
					const wanted = { offersFirst, codecs: codecs.wanted };
					return createPeerConnection({ ...options, ...wanted, spare: spares.take(wanted) });
				}
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
	session.subscribe(() => {
		const part = nextPart(session.view);
		iceAhead.expect(part === 'offers' ? (session.view.aloud?.id ?? null) : null);
		if (part === 'done') spares.expect(null);
		if (part === 'answers' || part === 'offers') {
			codecs.prepare();
			spares.expect({ offersFirst: part === 'offers', codecs: codecs.wanted });
		}
	});
	return session;
}

/**
 * In the connection that this page may need soon: whoever joins later offers. `begun`: the call has all it needs, or takes it just now.
 */
function nextPart({ current, aloud }: SessionView): 'offers' | 'answers' | 'begun' | 'done' {
	if (current) return current.stage === 'outgoing' ? 'answers' : 'begun';
	return aloud ? 'offers' : 'done';
}
