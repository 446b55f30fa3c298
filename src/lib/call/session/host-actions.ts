import type { CallServer } from './call-server';
import { wordsForFailure } from './notices';
import type { CallActions } from './view';

type HostActionsDeps = {
	server: Pick<CallServer, 'end' | 'mute' | 'remove' | 'handOver'>;
	/** The call this device is in. */
	callId: () => string | null;
	/** Rather than wait for the news of it. */
	lookUp: (callId: string) => Promise<void>;
	sayProblem: (text: string) => void;
};

/** What a host may do in the call this device is in. The server decides whether we are one. */
export function createHostActions(
	deps: HostActionsDeps
): Pick<CallActions, 'endForEveryone' | 'mute' | 'remove' | 'handOver'> {
	const { server } = deps;

	async function ask(request: (callId: string) => Promise<void>): Promise<void> {
		const callId = deps.callId();
		if (callId === null) return;
		try {
			await request(callId);
		} catch (error) {
			deps.sayProblem(wordsForFailure(error));
		}
		await deps.lookUp(callId);
	}

	return {
		endForEveryone: () => ask((callId) => server.end(callId)),
		mute: (userId) => ask((callId) => server.mute({ callId, userId })),
		remove: (userId) => ask((callId) => server.remove({ callId, userId })),
		handOver: (userId) => ask((callId) => server.handOver({ callId, userId }))
	};
}
