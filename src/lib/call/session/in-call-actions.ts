import type { CallServer } from './call-server';
import { wordsForFailure } from './notices';
import type { CallActions } from './view';

type Asked = 'mute' | 'remove' | 'handOver' | 'lowerHand' | 'lowerHands' | 'setHand' | 'stay';

type InCallDeps = {
	server: Pick<CallServer, Asked | 'end'>;
	/** The call this device is in, and this device's id in it. */
	at: () => { callId: string; deviceId: string } | null;
	/** It is about to be over by this person's doing; or goes on after all. */
	tell: (event: { type: 'end' | 'end-failed' }) => void;
	/** Rather than wait for the news of it. */
	lookUp: (callId: string) => Promise<void>;
	sayProblem: (text: string) => void;
};

/** What may be asked in the call this device is in. The server decides whether we are its host. */
export function createInCallActions(deps: InCallDeps): Pick<CallActions, Asked | 'endForEveryone'> {
	const { server } = deps;

	async function ask(
		request: (at: { callId: string; deviceId: string }) => Promise<void>,
		onFailure = () => {}
	): Promise<void> {
		const at = deps.at();
		if (at === null) return;
		try {
			await request(at);
		} catch (error) {
			onFailure();
			deps.sayProblem(wordsForFailure(error));
		}
		await deps.lookUp(at.callId);
	}

	return {
		endForEveryone: () => {
			deps.tell({ type: 'end' });
			return ask(
				({ callId }) => server.end(callId),
				() => deps.tell({ type: 'end-failed' })
			);
		},
		mute: (userId) => ask(({ callId }) => server.mute({ callId, userId })),
		remove: (userId) => ask(({ callId }) => server.remove({ callId, userId })),
		handOver: (userId) => ask(({ callId }) => server.handOver({ callId, userId })),
		lowerHand: (userId) => ask(({ callId }) => server.lowerHand({ callId, userId })),
		lowerHands: () => ask(({ callId }) => server.lowerHands(callId)),
		setHand: (raised) => ask((at) => server.setHand({ ...at, raised })),
		stay: () => ask((at) => server.stay(at))
	};
}
