import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../tidy/tree';

type Row = {
	relay: string;
	shape: string;
	median: { p50: number; perSecond: number; serverCpu: number | null };
};
type Report = {
	quick: boolean;
	facts: Record<string, string>;
	relay: { rows: Row[]; idle: { name: string; heapKb: number }[]; aims: { what: string; reached: number }[] };
	calls: {
		rows: { server: string; pairs: number; median: { perSecond: number } }[];
		statements: { perCall: number };
		completed: number;
	};
	ring: { rows: { rung: string; act: string; count: number; p50: number; p99: number }[] };
	connect: {
		rows: { way: string; calls: number; calleeSees: number; callerSees: number; steps: { callee: Steps } }[];
		camera: { p50: number };
		aims: { what: string; reached: number }[];
	};
};
type Steps = Record<'let in' | 'opened' | 'answered' | 'connected', number | null>;

async function quick(...benches: string[]): Promise<Report> {
	const args = ['bench/run.mjs', ...benches, '--quick', '--json'];
	const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
	const report = JSON.parse(stdout) as Report;
	expect(report.quick).toBe(true);
	expect(report.facts.postgres).toContain('fsync on, synchronous_commit on, full_page_writes on');
	return report;
}

// They start 40 programs, which takes a core for a minute: their types are checked each time.
test.runIf(process.env.LONG)(
	'calls and rings are measured, of each server and over each rung',
	{ timeout: 180_000 },
	async () => {
		const { calls, ring } = await quick('calls', 'ring');
		expect(ring.rows.map(({ rung, act }) => `${rung} ${act}`)).toHaveLength(3 * 7);
		for (const { rung, act, count, p50, p99 } of ring.rows) {
			expect(count, `${rung} ${act}`).toBeGreaterThan(0);
			expect(p99).toBeGreaterThanOrEqual(p50);
		}
		expect(calls.rows).toHaveLength(6);
		for (const { server, median } of calls.rows) expect(median.perSecond, server).toBeGreaterThan(0);
		expect(calls.statements.perCall).toBeGreaterThan(10);
		expect(calls.completed).toBeGreaterThan(0);
	}
);

test.runIf(process.env.LONG)('relays are measured, each in every shape', { timeout: 180_000 }, async () => {
	const { relay } = await quick('relay');
	const relays = ['ws', 'socket.io', 'PeerJS server', 'tRPC, in memory', 'tRPC, one insert each', 'Parley'];
	for (const shape of ['1 pair', '50 pairs']) {
		const rows = relay.rows.filter((row) => row.shape === shape);
		expect(rows.map((row) => row.relay)).toEqual(expect.arrayContaining([...relays, 'one-row insert alone']));
		for (const { relay: name, median } of rows) {
			expect(median.p50, name).toBeGreaterThan(0);
			expect(median.perSecond, name).toBeGreaterThan(0);
			if (relays.includes(name)) expect(median.serverCpu, name).toBeGreaterThan(0);
		}
	}
	expect(relay.idle.map(({ name }) => name)).toEqual(relays);
	for (const { what, reached } of relay.aims) expect(Number.isFinite(reached), what).toBe(true);
});

// In real Chromium, some thirty seconds.
test.runIf(process.env.LONG)(
	'each way of connecting is measured, step by step',
	{ timeout: 180_000 },
	async () => {
		const { connect } = await quick('connect');
		expect(connect.rows.map(({ way }) => way)).toEqual([
			'one page',
			'PeerJS',
			'websocket',
			'sse',
			'long-poll'
		]);
		for (const { way, calls, calleeSees, callerSees, steps } of connect.rows) {
			expect(calls, way).toBe(1);
			const { opened, answered, connected } = steps.callee;
			const inOrder = [0, opened, answered, calleeSees].map(Number);
			expect(inOrder, way).toEqual([...inOrder].sort((a, b) => a - b));
			expect(connected, way).toBeGreaterThan(answered ?? NaN);
			expect(callerSees, way).toBeGreaterThan(0);
		}
		expect(connect.rows.map(({ steps }) => steps.callee['let in'] !== null)).toEqual([
			false,
			false,
			true,
			true,
			true
		]);
		expect(connect.camera.p50).toBeGreaterThan(0);
		expect(connect.aims).toHaveLength(2);
		for (const { what, reached } of connect.aims) expect(Number.isFinite(reached), what).toBe(true);
	}
);
