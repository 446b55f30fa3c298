import { atMost, describeAims, type Aim } from './aims';
import type { Mark, Marks } from './connect-marks';
import { FRAMES_A_SECOND, WAYS, type ConnectCommand, type Sight, type Way } from './connect-ways';
import type { BenchDatabase } from './database';
import { benchProgram, ROOT, startProgram } from './programs';
import { startParley } from './relays';
import { formatNumber, formatTable, median, medianOf } from './stats';

/** Medians, ms, from the press of Accept; null where there is no such step, or it came before. */
export type ConnectRow = {
	way: Way;
	calls: number;
	/** The first frame of the other one, on the page of who accepted and on the caller's. */
	calleeSees: number;
	callerSees: number;
	/** Of all calls, on the page of who accepted. */
	slowest: number;
	steps: Record<'callee' | 'caller', Record<Step, number | null>>;
};
export type ConnectResult = {
	rounds: number;
	rows: ConnectRow[];
	/** Opening microphone and camera where neither is open. */
	camera: { times: number; p50: number };
	aims: Aim[];
};

const FULL = { rounds: 15, warm: 2 };
const QUICK = { rounds: 1, warm: 0 };
const STEPS = ['camera', 'asked', 'let in', 'opened', 'offered', 'answered', 'connected'] as const;
type Step = (typeof STEPS)[number];

const NAMES: Record<Way, string> = {
	'one page': 'two connections in one page',
	PeerJS: 'PeerJS',
	websocket: 'Parley, WebSocket',
	sse: 'Parley, server-sent events',
	'long-poll': 'Parley, long poll'
};

/** From Accept to the first remote frame, cameras open before: every way in turns, beginning with another one in each round. */
export async function benchConnect(
	database: BenchDatabase,
	{ quick }: { quick: boolean },
	say: (line: string) => void
): Promise<ConnectResult> {
	const { rounds, warm } = quick ? QUICK : FULL;
	const parley = await startParley(ROOT, await database.addProduct(ROOT));
	const peerJs = await startProgram(benchProgram('peerjs-relay'));
	const load = await startProgram(benchProgram('connect-load'));
	const tell = <Reply>(command: ConnectCommand) => load.command<Reply>(command);
	const sights = new Map<Way, Sight[]>(WAYS.map((way) => [way, []]));
	const cameras: number[] = [];
	try {
		say('opening a browser with the pages of five ways');
		await tell({
			type: 'begin',
			parley: parley.url.replace(/^ws/, 'http'),
			peerJs: peerJs.url.replace(/^ws/, 'http')
		});
		for (let round = -warm; round < rounds; round++) {
			say(round < 0 ? 'warming' : `round ${round + 1} of ${rounds}`);
			for (const way of inTurn(round + warm)) {
				const sight = await tell<Sight>({ type: 'connect', way });
				if (round >= 0) sights.get(way)?.push(sight);
			}
			const camera = await tell<number>({ type: 'camera' });
			if (round >= 0) cameras.push(camera);
		}
		return {
			rounds,
			rows: [...sights].map(([way, seen]) => rowOf(way, seen)),
			camera: { times: cameras.length, p50: median(cameras) },
			aims: aimsOf((way) => sights.get(way) ?? [])
		};
	} finally {
		await tell({ type: 'end' }).finally(() => load.stop());
		await Promise.all([peerJs.stop(), parley.stop()]);
	}
}

function inTurn(round: number): Way[] {
	const first = round % WAYS.length;
	return [...WAYS.slice(first), ...WAYS.slice(0, first)];
}

/** Since the button was pressed, ms. */
const since = ({ callee }: Sight, marks: Marks, mark: Mark): number =>
	(marks[mark] ?? NaN) - (callee.accepted ?? NaN);
const calleeSees = (sight: Sight) => since(sight, sight.callee, 'Caller');
const callerSees = (sight: Sight) => since(sight, sight.caller, 'Callee');

function rowOf(way: Way, seen: readonly Sight[]): ConnectRow {
	const stepsOf = (who: 'callee' | 'caller') => {
		const step = (mark: Step) =>
			medianOf(seen, (sight) => (sight[who][mark] === undefined ? null : since(sight, sight[who], mark)));
		return Object.fromEntries(STEPS.map((mark) => [mark, step(mark)])) as Record<Step, number | null>;
	};
	return {
		way,
		calls: seen.length,
		calleeSees: median(seen.map(calleeSees)),
		callerSees: median(seen.map(callerSees)),
		slowest: Math.max(...seen.map(calleeSees)),
		steps: { callee: stepsOf('callee'), caller: stepsOf('caller') }
	};
}

/** Of each round by itself: what the machine did meanwhile, it did to both. */
function aimsOf(sights: (way: Way) => readonly Sight[]): Aim[] {
	const peerJs = sights('PeerJS').map(calleeSees);
	const against = (way: Way) =>
		median(sights(way).map((sight, round) => calleeSees(sight) / (peerJs[round] ?? NaN)));
	return [
		atMost('first frame over the WebSocket, against PeerJS', 1.5, against('websocket')),
		atMost('first frame over long poll, against PeerJS', 2, against('long-poll'))
	];
}

export function describeConnect({ rounds, rows, camera, aims }: ConnectResult): string {
	const stepsOf = (who: 'callee' | 'caller') =>
		formatTable([
			[`steps at the ${who}`, ...STEPS, 'first frame'],
			...rows.map(({ way, steps, ...row }) => [
				NAMES[way],
				...STEPS.map((step) => formatNumber(steps[who][step])),
				formatNumber(who === 'callee' ? row.calleeSees : row.callerSees)
			])
		]);
	return [
		`connect: from Accept to the first remote frame, cameras of ${FRAMES_A_SECOND} frames a second open before, ms; medians of ${rounds} rounds in turns`,
		formatTable([
			['way', 'callee sees', 'slowest', 'caller sees'],
			...rows.map((row) => [
				NAMES[row.way],
				...[row.calleeSees, row.slowest, row.callerSees].map(formatNumber)
			])
		]),
		stepsOf('callee'),
		stepsOf('caller'),
		`Microphone and camera, where neither is open: ${formatNumber(camera.p50)} ms to open, median of ${camera.times}; in none of the numbers above.`,
		describeAims(aims)
	].join('\n\n');
}
