import { LEASE_LIFETIME_MS } from '../../src/lib/call/core/limits';
import { inviteOf } from '../../src/lib/call/core/scene-words';
import { presentDevices, type CallSettings } from '../../src/lib/call/core/call-state';
import { Device } from './device';
import { must } from './invariants';
import { Network, type Weather } from './network';
import { seeded, type Random } from './random';
import { isIn, Server, SWEEP_EVERY_MS } from './server';
import { Store } from './store';
import { Timeline } from './timeline';

const SETTINGS: CallSettings = {
	ringLifetimeMs: 45_000,
	reconnectGraceMs: 20_000,
	leaseLifetimeMs: LEASE_LIFETIME_MS,
	aloneLimitMs: 300_000,
	meshLimit: 3,
	ringAtMost: 100
};
const PEOPLE = ['ann', 'bob', 'cat', 'dan', 'eve'];
/** Two for two, and two for more. The last one is larger than a call may be. */
const ROOMS = { ab: PEOPLE.slice(0, 2), cd: PEOPLE.slice(2, 4), abc: PEOPLE.slice(0, 3), all: PEOPLE };
const MOST_PAGES = 3;
/** Past every lease and grace. */
const HELD_FOR_MS = 60_000;
/** News of what ended, and the look-up of who did not hear them, once the weather is good. */
const NEWS_ARRIVE_WITHIN_MS = 1_000;

export type Counts = Record<
	'calls' | 'answered' | 'kills' | 'outlived' | 'rings' | 'moves' | 'checks',
	number
>;
export const NOTHING: Counts = {
	calls: 0,
	answered: 0,
	kills: 0,
	outlived: 0,
	rings: 0,
	moves: 0,
	checks: 0
};

/** A server, people with pages, and a network between them; everything as one seed decides. */
export class World {
	readonly timeline = new Timeline();
	readonly counts = { ...NOTHING };
	readonly #random: Random;
	readonly #store: Store;
	readonly #server: Server;
	readonly #network: Network;
	#devices: Device[] = [];
	#up = true;
	#wishing = true;
	#settling = false;
	#made = 0;

	constructor(seed: number) {
		this.#random = seeded(seed);
		const { timeline } = this;
		const now = () => timeline.now;
		this.#store = new Store(SETTINGS, now, ({ endReason }) => {
			this.counts.calls += 1;
			if (endReason === 'completed') this.counts.answered += 1;
		});
		for (const [roomId, members] of Object.entries(ROOMS)) this.#store.rooms.set(roomId, new Set(members));
		this.#server = new Server({
			store: this.#store,
			settings: SETTINGS,
			now,
			tell: (userIds, callId) => this.#tell(userIds, callId),
			onDeviceEnd: (deviceId) => this.#deviceEnded(deviceId)
		});
		const weather: Weather = {
			loss: this.#random.next() ** 2 * 0.3,
			double: this.#random.next() * 0.1,
			delay: this.#random.pick([5, 50, 300, 3_000]) ?? 50
		};
		this.#network = new Network(this.#random, timeline, weather, () => (this.#up ? this.#server : null));
		for (const userId of PEOPLE) {
			this.#openPage(userId, null);
			if (this.#random.chance(0.5)) this.#openPage(userId, null);
		}
		this.#sweepOnAndOn();
		this.#checkOnAndOn();
		this.#fateOnAndOn();
	}

	/** Goes on until so many things have happened, then lets everything settle. @throws {Violation} */
	async run(steps: number): Promise<void> {
		while (this.timeline.steps < steps) await this.timeline.step();
		await this.#settle();
	}

	// --- people ---

	#openPage(userId: string, before: Device | null): void {
		const device = new Device(userId, this.#network, this.timeline);
		device.memory = before?.memory ?? null;
		this.#devices.push(device);
		this.timeline.after(this.#random.int(50, 1_000), () => this.#register(device));
		this.#wishOnAndOn(device);
	}

	/** A new device id from the server, and then its stream. */
	#register(device: Device): void {
		if (device.gone) return;
		if (!this.#up)
			return void this.timeline.after(this.#random.int(100, 3_000), () => this.#register(device));
		device.open(`${device.userId}-${(this.#made += 1)}`);
		this.#connect(device);
	}

	#connect(device: Device): void {
		if (device.gone || this.#network.offline.has(device.id)) return;
		if (!this.#up) return void this.timeline.after(this.#random.int(100, 3_000), () => this.#connect(device));
		if (!this.#server.knows(device.id)) return this.#register(device);
		device.connected = true;
		const calls = this.#server.liveFor(device.userId);
		this.timeline.after(this.#random.int(1, this.#network.weather.delay), () =>
			device.hear({ type: 'state', calls })
		);
	}

	#tell(userIds: readonly string[], callId: string): void {
		for (const device of this.#devices) {
			if (!device.connected || !userIds.includes(device.userId)) continue;
			const call = this.#server.see(callId, device.userId);
			if (call) this.#network.tell(() => device.connected && device.hear({ type: 'call', call }));
		}
	}

	#deviceEnded(deviceId: string): void {
		const device = this.#devices.find(({ id }) => id === deviceId);
		if (!device?.connected) return;
		device.connected = false;
		this.timeline.after(this.#random.int(1, 500), () => this.#register(device));
	}

	#wishOnAndOn(device: Device): void {
		this.timeline.after(this.#random.int(100, 12_000), () => {
			if (device.gone) return;
			if (this.#wishing && device.id) this.#wish(device);
			this.#wishOnAndOn(device);
		});
	}

	#wish(device: Device): void {
		const random = this.#random;
		const { incoming, current } = device;
		if (incoming) {
			this.counts.rings += 1;
			if (random.chance(0.5)) return device.answer('accept', incoming.id);
			if (random.chance(0.4)) return device.decline(incoming.id);
		}
		if (random.chance(0.04)) return this.#mishap(device);
		if (random.chance(0.05)) return this.#store.setBusy(device.userId, random.chance(0.4));
		if (!current) {
			const mine = [...device.scene.calls.values()];
			const elsewhere = random.pick(mine);
			if (elsewhere && random.chance(0.3)) {
				this.counts.moves += 1;
				return device.answer('join', elsewhere.id);
			}
			const rooms = [...this.#store.rooms.keys()];
			if (random.chance(0.3)) device.start(random.pick(rooms) ?? '');
			return;
		}
		if (current.phase === 'active' && random.chance(0.5)) {
			return device.report(random.chance(0.8) ? 'connected' : 'failed');
		}
		if (random.chance(0.2)) return device.leave();
		if (random.chance(0.05)) return device.endForEveryone();
		if (random.chance(0.15)) {
			const type = random.pick(['mute', 'remove', 'hand-over'] as const) ?? 'mute';
			return device.control(type, random.pick(PEOPLE) ?? '');
		}
		if (random.chance(0.05)) device.start(random.pick([...this.#store.rooms.keys()]) ?? '');
	}

	/** What happens to a page and its network. */
	#mishap(device: Device): void {
		const random = this.#random;
		const kind = random.int(1, 5);
		if (kind === 1) {
			// A reload: sometimes the others are told.
			if (random.chance(0.7)) device.report('away');
			this.#close(device);
			this.#openPage(device.userId, device);
		} else if (kind === 2) {
			this.#close(device);
			if (random.chance(0.7)) this.#openPage(device.userId, null);
		} else if (kind === 3) {
			const pages = this.#devices.filter(({ userId }) => userId === device.userId);
			if (pages.length < MOST_PAGES) this.#openPage(device.userId, null);
		} else if (kind === 4) {
			const { id } = device;
			this.#network.offline.add(id);
			device.connected = false;
			this.timeline.after(random.int(500, 70_000), () => {
				this.#network.offline.delete(id);
				this.#connect(device);
			});
		} else {
			this.#server.endDevice(device.id);
		}
	}

	#close(device: Device): void {
		device.vanish();
		this.#devices = this.#devices.filter((one) => one !== device);
	}

	// --- fate ---

	#sweepOnAndOn(): void {
		this.timeline.after(SWEEP_EVERY_MS, async () => {
			if (this.#up) await this.#server.sweep();
			// Another server's sweeper comes in between now and then.
			if (this.#up && this.#random.chance(0.1)) await this.#server.sweep();
			this.#sweepOnAndOn();
		});
	}

	#fateOnAndOn(): void {
		this.timeline.after(this.#random.int(5_000, 120_000), async () => {
			if (this.#wishing && this.#random.chance(0.5)) this.#kill();
			else if (this.#wishing && this.#random.chance(0.3)) await this.#moveSomebody();
			this.#fateOnAndOn();
		});
	}

	/** The server is killed, and comes back after a while: sometimes after every grace has passed. */
	#kill(): void {
		this.counts.kills += 1;
		this.#up = false;
		const held = this.#random.chance(0.3) ? this.#heldCalls() : [];
		const cut = this.#devices.filter(({ connected }) => connected);
		for (const device of cut) device.connected = false;
		this.timeline.after(this.#random.int(200, this.#random.chance(0.2) ? 90_000 : 8_000), () => {
			this.#up = true;
			this.#server.forgiveSilence();
			if (held.length > 0) this.timeline.after(HELD_FOR_MS, () => this.#checkHeld(held));
			for (const device of cut) this.timeline.after(this.#random.int(0, 4_000), () => this.#connect(device));
		});
	}

	/**
	 * Calls whose pages are all there, and whose people want nothing else for a while: no outage may end them, however
	 * long it is.
	 */
	#heldCalls(): string[] {
		if (this.#network.doubles > 0 || this.#devices.some(({ busy }) => busy > 0)) return [];
		const calls = this.#store.live().filter((call) => {
			const pages = presentDevices(call).map(({ deviceId }) =>
				this.#devices.find(({ id }) => id === deviceId)
			);
			const isHeld = (page: Device | undefined) => page?.connected && page.scene.here?.callId === call.id;
			return call.phase === 'active' && pages.length > 1 && pages.every(isHeld);
		});
		if (calls.length > 0) {
			this.#wishing = false;
			Object.assign(this.#network.weather, { loss: 0, double: 0, delay: 50 });
		}
		return calls.map(({ id }) => id);
	}

	#checkHeld(callIds: readonly string[]): void {
		for (const callId of callIds) {
			const call = this.#store.calls.get(callId);
			must(call?.phase === 'active', 'an outage ended a call that was held', call);
			must(presentDevices(call!).length > 1, 'an outage took somebody out of a call', call);
		}
		this.counts.outlived += callIds.length;
		this.#wishing = !this.#settling;
	}

	/** Out of a room, or in again. */
	async #moveSomebody(): Promise<void> {
		if (!this.#up) return;
		const userId = this.#random.pick(PEOPLE) ?? '';
		const members = this.#store.rooms.get('abc');
		if (!members?.has(userId)) return void members?.add(userId);
		await this.#server.removeMember('abc', userId);
		for (const device of this.#devices) {
			if (device.connected && device.userId === userId) this.#network.tell(() => device.roomGone('abc'));
		}
	}

	// --- what must hold ---

	#checkOnAndOn(): void {
		this.timeline.after(this.#random.int(5_000, 40_000), () => {
			if (this.#up) this.#check(false);
			this.#checkOnAndOn();
		});
	}

	/** Every page that is connected agrees with the server after one exchange. */
	#check(isStill: boolean): void {
		this.counts.checks += 1;
		for (const device of this.#devices) {
			if (!device.connected || device.gone || !this.#server.knows(device.id)) continue;
			const live = this.#server.liveFor(device.userId);
			device.hear({ type: 'state', calls: live });
			const { scene, incoming } = device;
			const told = { device: device.id, here: scene.here, busy: device.busy, at: this.timeline.now };
			for (const call of live) {
				must(!scene.over.has(call.id), 'a live call is over for a page', told, call);
				must(scene.calls.get(call.id)?.version === call.version, 'a page does not see what is', told, call);
				const rings = inviteOf(call, device.userId) === 'ringing';
				must(rings || incoming?.id !== call.id, 'it rings for what does not ring', told, call);
				const heard = incoming !== null || scene.touched.has(call.id) || scene.here?.callId === call.id;
				must(!rings || heard, 'it does not ring', told, call);
				const isThere = isIn(this.#store.calls.get(call.id), device.id);
				const isHere = scene.here?.stage === 'in' && scene.here.callId === call.id;
				must(!isHere || isThere, 'a page is in a call that it is not in', told, call);
				must(!isStill || !isThere || isHere, 'the server has a page in a call that it left', told, call);
			}
			if (!isStill) continue;
			must(scene.calls.size === live.length, 'a page knows of a call that is not', told, [
				...scene.calls.keys()
			]);
			must(scene.here === null || live.some(({ id }) => id === scene.here?.callId), 'in no call', told);
		}
	}

	/** Nobody wishes for anything more: all agree to the letter; then all pages go, and every call ends. */
	async #settle(): Promise<void> {
		this.#wishing = false;
		this.#settling = true;
		Object.assign(this.#network.weather, { loss: 0, double: 0, delay: 50 });
		await this.#pass(240_000);
		for (const device of this.#devices) this.#connect(device);
		await this.#pass(10_000);
		// A call in which somebody was alone for long may end in this very moment, and news of it are on their way.
		while (this.#hasJustEnded()) await this.#pass(NEWS_ARRIVE_WITHIN_MS);
		this.#check(true);
		for (const device of [...this.#devices]) {
			if (this.#random.chance(0.5)) device.leave();
			else this.#close(device);
		}
		await this.#pass(SETTINGS.aloneLimitMs + SETTINGS.ringLifetimeMs + 60_000);
		must(this.#store.live().length === 0, 'a call that never ends', this.#store.live());
	}

	#hasJustEnded(): boolean {
		const since = this.timeline.now - NEWS_ARRIVE_WITHIN_MS;
		return [...this.#store.calls.values()].some(({ endedAt }) => endedAt !== null && endedAt >= since);
	}

	async #pass(ms: number): Promise<void> {
		const until = this.timeline.now + ms;
		let reached = false;
		this.timeline.after(ms, () => void (reached = true));
		while (!reached && this.timeline.now <= until) await this.timeline.step();
	}
}
