import { cursorOf } from './history';
import { isPostgresUp } from './kills';
import type { Cursor } from '../../src/lib/call/core/signal';
import type { World } from './world';

/** Everything works again. A round that has not come to rest by then is judged as it stands. */
const REST_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 200;
const SAY_EVERY_MS = 5_000;

export async function readMailboxes(world: World): Promise<Map<string, Cursor>> {
	const rows = await world.ask(
		(sql) => sql<{ id: string; epoch: number; head: number }[]>`select id, epoch, head from mailboxes`
	);
	return new Map(rows.map(({ id, epoch, head }) => [id, { epoch, seq: head }]));
}

/**
 * Waits until all is at rest: everybody in their call, every signal answered, every reader at its mailbox's head, and
 * everybody with the same epochs in view. On which rung is not asked: the promise holds on each.
 *
 * @returns what is still not so, when it does not come to rest in time
 */
export async function waitForRest(
	world: World,
	say: (line: string) => void,
	stop: AbortSignal
): Promise<string | null> {
	const end = performance.now() + REST_WITHIN_MS;
	let next = performance.now() + SAY_EVERY_MS;
	for (;;) {
		const why = await findUnrest(world);
		if (why === null || performance.now() > end || stop.aborted) return why;
		if (performance.now() > next) {
			say(`waiting for rest: ${why}`);
			next += SAY_EVERY_MS;
		}
		await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
	}
}

async function findUnrest(world: World): Promise<string | null> {
	const { recorder, writers, servers } = world;
	if (!isPostgresUp(world)) return 'Postgres is not up';
	const down = servers.find((server) => !server.isUp);
	if (down) return `${down.name} is not up: ${down.output()}`;
	for (const { name, rung, call, others } of writers) {
		if (rung === 'none') return `${name} reaches no server`;
		if (!call) return `${name} is in no call`;
		if (others.length === 0) return `${name} is alone in its call`;
	}
	const open = recorder.unsettled();
	if (open > 0) return `${open} signals are neither acknowledged nor refused`;
	const mailboxes = await readMailboxes(world);
	for (const { name, deviceId } of writers) {
		const device = recorder.devices.get(deviceId ?? '');
		const mailbox = mailboxes.get(deviceId ?? '');
		if (!device || !mailbox) return `${name} has no mailbox`;
		const at = cursorOf(device);
		if (at.epoch !== mailbox.epoch || at.seq !== mailbox.seq)
			return `${name} reads at ${at.epoch}:${at.seq}, its mailbox is at ${mailbox.epoch}:${mailbox.seq}`;
	}
	for (const viewer of writers) {
		const view = recorder.devices.get(viewer.deviceId ?? '');
		for (const other of writers) {
			if (other === viewer || other.call?.id !== viewer.call?.id) continue;
			const seen = view?.seenEpochs.get(other.deviceId ?? '');
			const epoch = mailboxes.get(other.deviceId ?? '')?.epoch;
			if (seen !== epoch) return `${viewer.name} sees the epoch of ${other.name} at ${seen}, it is ${epoch}`;
		}
		const gone = [...(view?.seenEpochs.keys() ?? [])].filter(
			(deviceId) => recorder.devices.get(deviceId)?.endedAt !== null && !view?.seenGone.has(deviceId)
		);
		if (gone.length > 0) return `${viewer.name} still sees a device that has ended`;
	}
	return null;
}
