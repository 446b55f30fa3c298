import { randomBytes } from 'node:crypto';
import type { Bus } from './bus';
import type { BusLog, OpenLine } from './line';
import { createMemoryBus } from './memory';
import { isFrom, probeOf } from './message';
import { openPostgresLine } from './postgres';
import { openRedisLine } from './redis';
import { createSharedBus } from './shared';

const CHECK_WITHIN_MS = 3_000;

/** Which bus, and where it is. */
export type BusSettings = { kind: 'memory' } | { kind: 'postgres' | 'redis'; url: string };

const OPENERS: Record<'postgres' | 'redis', (url: string) => OpenLine> = {
	postgres: openPostgresLine,
	redis: openRedisLine
};

/** Makes the bus. Waits for nothing: one that is out of reach is tried again until it is there. */
export function openBus(settings: BusSettings, log: { child: (facts: object) => BusLog }): Bus {
	if (settings.kind === 'memory') return createMemoryBus();
	const { kind, url } = settings;
	return createSharedBus({ open: OPENERS[kind](url), log: log.child({ bus: kind }) });
}

/** Sends one message to nobody and waits for it to come back. @throws why it did not */
export async function checkBus(settings: BusSettings): Promise<void> {
	if (settings.kind === 'memory') return;
	const open = OPENERS[settings.kind](settings.url);
	const life = new AbortController();
	const origin = randomBytes(6).toString('hex');
	let timer: NodeJS.Timeout | undefined;
	try {
		await new Promise<void>((resolve, reject) => {
			const late = `no answer within ${CHECK_WITHIN_MS / 1000} s`;
			timer = setTimeout(() => reject(new Error(late)), CHECK_WITHIN_MS);
			open({
				signal: life.signal,
				onBroken: reject,
				onMessage: (text) => isFrom(origin, text) && resolve()
			})
				.then((line) => line.send([probeOf(origin)]))
				.catch(reject);
		});
	} finally {
		clearTimeout(timer);
		life.abort();
	}
}
