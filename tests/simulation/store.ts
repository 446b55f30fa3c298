import {
	nextDeadline,
	presentDevices,
	type CallSettings,
	type CallState
} from '../../src/lib/call/core/call-state';
import type { CallTx } from '../../src/lib/server/calls/ledger';
import type { Happening } from '../../src/lib/call/core/call-timeline';
import { checkSaved, must } from './invariants';

/** How many calls that are over are kept, for who asks what became of them. */
const KEPT = 100;

const sameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
	a.size === b.size && [...a].every((one) => b.has(one));

/** The tables, in memory. A transaction runs alone: row locks make the real ones of one call do so too. */
export class Store {
	readonly rooms = new Map<string, Set<string>>();
	/** Who is not to be disturbed. */
	readonly #busy = new Set<string>();
	readonly calls = new Map<string, CallState>();
	/** What the sweeper looks for; live calls only. */
	readonly deadlines = new Map<string, number | null>();
	/** Who is in each live call, by its record alone. */
	readonly #inside = new Map<string, Set<string>>();
	readonly #epochs = new Map<string, number>();
	readonly #settings: CallSettings;
	readonly #now: () => number;
	/** Told of each call that is over. */
	readonly #onEnd: (call: CallState) => void;
	readonly tx: CallTx;

	constructor(settings: CallSettings, now: () => number, onEnd: (call: CallState) => void) {
		this.#settings = settings;
		this.#now = now;
		this.#onEnd = onEnd;
		this.tx = {
			now: async () => now(),
			lockRoom: async (roomId) => this.rooms.has(roomId),
			memberIds: async (roomId) => [...(this.rooms.get(roomId) ?? [])],
			busyAmong: async (userIds) => userIds.filter((userId) => this.#busy.has(userId)),
			liveCallIn: async (roomId) => this.liveIn(roomId)?.id ?? null,
			lockCall: async (callId) => this.calls.get(callId) ?? null,
			insertCall: async (call) => this.#save(null, call),
			saveCall: async (before, after) => this.#save(before, after),
			noteHappenings: async (call, happenings) => this.#note(call, happenings),
			saveDeadline: async (call) => void this.deadlines.set(call.id, nextDeadline(call, settings)),
			raiseEpoch: async (deviceId) => {
				const epoch = this.epochOf(deviceId) + 1;
				this.#epochs.set(deviceId, epoch);
				return epoch;
			}
		};
	}

	setBusy(userId: string, busy: boolean): void {
		if (busy) this.#busy.add(userId);
		else this.#busy.delete(userId);
	}

	liveIn(roomId: string): CallState | undefined {
		return [...this.deadlines.keys()].map((id) => this.calls.get(id)).find((call) => call?.roomId === roomId);
	}

	live(): CallState[] {
		return [...this.deadlines.keys()].flatMap((id) => this.calls.get(id) ?? []);
	}

	epochOf(deviceId: string): number {
		return this.#epochs.get(deviceId) ?? 1;
	}

	/** Changes what no transition does: leases. */
	patch(call: CallState): void {
		this.calls.set(call.id, call);
	}

	/** Whoever leaves was there, whoever joins was not. */
	#note(call: CallState, happenings: readonly Happening[]): void {
		const inside = this.#inside.get(call.id) ?? new Set();
		this.#inside.set(call.id, inside);
		for (const { kind, userId } of happenings) {
			const person = userId ?? '';
			if (kind === 'started' || kind === 'joined') {
				must(!inside.has(person), 'somebody joins who is there', call, happenings);
				inside.add(person);
			} else if (kind === 'left')
				must(inside.delete(person), 'somebody leaves who is not there', call, happenings);
			else if (kind === 'removed') inside.delete(person);
			else if (kind === 'moved' || kind === 'host')
				must(inside.has(person), `${kind}, and not there`, call, happenings);
		}
		const present = new Set(presentDevices(call).map(({ userId }) => userId));
		if (call.phase === 'ended') this.#inside.delete(call.id);
		else must(sameSet(present, inside), 'a record that says something else', call, [...inside]);
	}

	#save(before: CallState | null, after: CallState): void {
		const live = this.live().filter(({ roomId }) => roomId === after.roomId);
		checkSaved(before, after, live, this.#now(), this.#busy);
		this.calls.set(after.id, after);
		if (after.phase !== 'ended') {
			this.deadlines.set(after.id, nextDeadline(after, this.#settings));
			return;
		}
		this.deadlines.delete(after.id);
		this.#onEnd(after);
		if (this.calls.size <= KEPT) return;
		const oldest = [...this.calls.values()].find(({ phase }) => phase === 'ended');
		if (oldest) this.calls.delete(oldest.id);
	}
}
