// Loaded before a server (`node --import`): its clock can be set from outside, as an operator or ntpd does. Only what
// reads the calendar jumps (Date); timers and performance.now() go on, as on a real machine.
import { readFileSync } from 'node:fs';

const file = process.env.FAULTS_CLOCK_FILE ?? '';
const RealDate = Date;
let offsetMs = 0;

function readOffset() {
	try {
		offsetMs = Number(readFileSync(file, 'utf8')) || 0;
	} catch {
		offsetMs = 0; // it has not been set yet
	}
}

const now = () => RealDate.now() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
	construct: (target, args, newTarget) =>
		Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
	apply: () => new RealDate(now()).toString(),
	get: (target, key) => (key === 'now' ? now : Reflect.get(target, key))
});

readOffset();
process.on('SIGUSR2', readOffset);

// A run that was killed cannot end us: without it nobody wants us.
const parent = process.ppid;
setInterval(() => {
	if (process.ppid !== parent) process.exit(1);
}, 1_000).unref();
