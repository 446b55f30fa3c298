// Loaded into every measured process before its own program (`--import`). Answers over IPC what it costs, and ends the
// process when whoever measures it has gone.
import { Session, type Profiler } from 'node:inspector';

export type Memory = { rss: number; heapUsed: number; external: number };
export type ProbeQuestion = 'cpu' | 'memory' | 'profile-start' | 'profile-stop';
/** CPU in microseconds since the process began. */
export type ProbeAnswers = {
	cpu: number;
	memory: Memory;
	'profile-start': null;
	'profile-stop': Profiler.Profile;
};

/** 200 us: fine enough to tell functions apart, and adds a few percent. */
const SAMPLE_EVERY_US = 200;
const session = new Session();

function post<Result>(method: string, params: object = {}): Promise<Result> {
	return new Promise((resolve, reject) => {
		session.post(method, params, (error, result) =>
			error === null ? resolve(result as Result) : reject(error)
		);
	});
}

const answers: { [Question in ProbeQuestion]: () => Promise<ProbeAnswers[Question]> } = {
	async cpu() {
		const { user, system } = process.cpuUsage();
		return user + system;
	},
	async memory() {
		// Twice: what a first one finalises, a second one frees.
		for (let i = 0; i < 2; i++) {
			globalThis.gc?.();
			await new Promise((resolve) => setImmediate(resolve));
		}
		const { rss, heapUsed, external } = process.memoryUsage();
		return { rss, heapUsed, external };
	},
	async 'profile-start'() {
		session.connect();
		await post('Profiler.enable');
		await post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
		await post('Profiler.start');
		return null;
	},
	async 'profile-stop'() {
		const { profile } = await post<Profiler.StopReturnType>('Profiler.stop');
		session.disconnect();
		return profile;
	}
};

process.on('message', ({ probe, id }: { probe?: ProbeQuestion; id: number }) => {
	if (probe) void answers[probe]().then((answer) => process.send?.({ probe, id, answer }));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The product ends when its work is done: this must not keep it.
process.channel?.unref();
