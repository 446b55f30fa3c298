import { RepeatedQuery } from '../../link/repeated-query';
import type { CallSnapshot } from '../core/snapshot';
import type { CallServer } from './call-server';

type OfflineCalleesDeps = {
	readonly ask: CallServer['presence'];
	readonly onChange: () => void;
};

/**
 * Who of those that our call rings at is not there to hear it. It rings on all the same: a push, or a page that they open, may
 * still come before the ring is over.
 */
export class OfflineCallees {
	readonly #deps: OfflineCalleesDeps;
	#asked: { callId: string; query: Pick<RepeatedQuery<unknown>, 'stop'> } | null = null;
	#offline: ReadonlySet<string> = new Set();

	constructor(deps: OfflineCalleesDeps) {
		this.#deps = deps;
	}

	/** @param call that we are calling with; null while there is none */
	update(call: CallSnapshot | null): void {
		if (call?.id === this.#asked?.callId) return;
		this.#asked?.query.stop();
		this.#asked = null;
		this.#offline = new Set();
		if (!call) return;
		const query = new RepeatedQuery({
			ask: (options) => this.#deps.ask(call.roomId, options),
			onAnswer: (people) => {
				const offline = people?.filter(({ presence }) => presence === 'offline') ?? [];
				this.#offline = new Set(offline.map(({ userId }) => userId));
				this.#deps.onChange();
			}
		});
		this.#asked = { callId: call.id, query };
		query.start();
	}

	/** Their user ids, of those whom the call still rings at. */
	in(call: CallSnapshot): string[] {
		return call.participants
			.filter(({ invite, userId }) => invite === 'ringing' && this.#offline.has(userId))
			.map(({ userId }) => userId);
	}
}
