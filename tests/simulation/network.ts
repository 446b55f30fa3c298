import type { Random } from './random';
import type { Answer, Ask, Asker, Server } from './server';
import type { Timeline } from './timeline';

/** When a client gives a request up. */
const GIVE_UP_MS = 8_000;

/** How bad it is between pages and the server. */
export type Weather = {
	/** Of requests, answers and news that get lost. */
	loss: number;
	/** Of requests and news that come twice; a request's double may be many seconds late. */
	double: number;
	/** Milliseconds at most, each way: whatever is sent may overtake what was sent before it. */
	delay: number;
};

/** Between pages and the server. Loses, doubles, delays and reorders. */
export class Network {
	readonly #random: Random;
	readonly #timeline: Timeline;
	readonly #server: () => Server | null;
	readonly weather: Weather;
	/** Requests that have been heard once, and will be again. */
	doubles = 0;
	/** Who asks while this is set is not heard, nor told. */
	readonly offline = new Set<string>();

	constructor(random: Random, timeline: Timeline, weather: Weather, server: () => Server | null) {
		this.#random = random;
		this.#timeline = timeline;
		this.#server = server;
		this.weather = weather;
	}

	request(asker: Asker, ask: Ask, then: (answer: Answer | null) => void): void {
		let settled = false;
		const settle = (answer: Answer | null) => {
			if (settled) return;
			settled = true;
			giveUp();
			then(answer);
		};
		const giveUp = this.#timeline.after(GIVE_UP_MS, () => settle(null));
		const { loss, double } = this.weather;
		if (!this.#random.chance(loss)) this.#carry(asker, ask, settle, this.#delay());
		if (!this.#random.chance(double)) return;
		this.doubles += 1;
		const late = this.#random.int(0, 12_000);
		this.#carry(asker, ask, () => {}, late);
		this.#timeline.after(late, () => void (this.doubles -= 1));
	}

	/** News on its way to somebody: as often as it arrives. */
	tell(run: () => void): void {
		const { loss, double } = this.weather;
		if (!this.#random.chance(loss)) this.#timeline.after(this.#delay(), run);
		if (this.#random.chance(double)) this.#timeline.after(this.#delay() * 3, run);
	}

	#carry(asker: Asker, ask: Ask, answered: (answer: Answer | null) => void, delay: number): void {
		this.#timeline.after(delay, async () => {
			const server = this.#server();
			if (this.offline.has(asker.deviceId)) return;
			if (!server) return answered(null); // refused: nobody listens
			const answer = await server.answer(asker, ask);
			if (this.offline.has(asker.deviceId) || this.#random.chance(this.weather.loss)) return;
			this.#timeline.after(this.#delay(), () => answered(answer));
		});
	}

	#delay(): number {
		return this.#random.int(1, this.weather.delay);
	}
}
