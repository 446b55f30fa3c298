import {
	MAX_COUNT,
	MAX_WHY_LENGTH,
	typeOfCandidate,
	type CandidateCounts,
	type ConnectionFacts
} from '../core/connection-report';
import type { CandidateOrEnd } from '../core/signal-body';

/** What a connection's own states do not say of it. Kinds and counts: no address is remembered. */
export function createPeerTally() {
	const counts = { local: none(), remote: none() };
	let restarts = 0;
	let why: string | null = null;

	return {
		/** Candidates pass: gathered here, or sent by the other device. */
		candidates(side: 'local' | 'remote', passing: readonly CandidateOrEnd[]): void {
			for (const each of passing) {
				const type = each && typeOfCandidate(each.candidate);
				if (type) counts[side][type] = atMost(counts[side][type] + 1);
			}
		},
		restarted(): void {
			restarts = atMost(restarts + 1);
		},
		gaveUp(words: string): void {
			why = words.slice(0, MAX_WHY_LENGTH);
		},
		connected(): void {
			why = null;
		},
		get facts(): Pick<ConnectionFacts, 'candidates' | 'restarts' | 'why'> {
			return { candidates: { local: { ...counts.local }, remote: { ...counts.remote } }, restarts, why };
		}
	};
}

const none = (): CandidateCounts => ({ host: 0, srflx: 0, prflx: 0, relay: 0 });
const atMost = (count: number) => Math.min(count, MAX_COUNT);
