import { Violation } from './invariants';
import { NOTHING, World, type Counts } from './world';

/** One seed's life is short: what it breaks is found again soon. */
const STEPS_OF_ONE = 20_000;

export type Result = { steps: number; worlds: number; counts: Counts };

/**
 * Lives worlds of the seeds `first`, `first + 1`, … until so many things have happened.
 *
 * @throws {Violation} that names its seed
 */
export async function simulate(first: number, steps: number): Promise<Result> {
	const counts = { ...NOTHING };
	let [done, worlds] = [0, 0];
	while (done < steps) {
		const seed = first + worlds;
		const world = new World(seed);
		try {
			await world.run(STEPS_OF_ONE);
		} catch (error) {
			if (!(error instanceof Violation)) throw error;
			throw new Violation(`SEED=${seed}, step ${world.timeline.steps}: ${error.message}`);
		}
		done += world.timeline.steps;
		worlds += 1;
		for (const [what, count] of Object.entries(world.counts)) counts[what as keyof Counts] += count;
	}
	return { steps: done, worlds, counts };
}
