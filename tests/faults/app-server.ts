import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sendSignal } from '../../src/lib/server/db/embedded-process';
import { startProgram, type Program } from '../fixtures/server';

const CLOCK = fileURLToPath(new URL('clock-preload.mjs', import.meta.url));

const START_AGAIN_MS = 200;

/** One server of the run, ended and started again as often as it takes, always on the same port. */
export class AppServer {
	readonly name: string;
	#program: Program;
	#port = 0;
	#state: 'up' | 'starting' | 'frozen' | 'ending' = 'starting';
	readonly #env: Record<string, string>;
	readonly #clockFile: string;
	readonly #complain: (text: string) => void;
	#upSince = performance.now();
	#closed = false;

	private constructor(
		name: string,
		env: Record<string, string>,
		folder: string,
		complain: (text: string) => void
	) {
		this.name = name;
		this.#complain = complain;
		this.#clockFile = path.join(folder, `${name}.clock`);
		this.#env = { ...env, FAULTS_CLOCK_FILE: this.#clockFile };
		this.#program = this.#launch();
	}

	static async start(
		name: string,
		env: Record<string, string>,
		folder: string,
		complain: (text: string) => void
	): Promise<AppServer> {
		const server = new AppServer(name, env, folder, complain);
		server.#port = Number(new URL(await server.#program.url).port);
		server.#state = 'up';
		return server;
	}

	get port(): number {
		return this.#port;
	}

	get isUp(): boolean {
		return this.#state === 'up';
	}

	/** For how long it has served without being ended. */
	get upForMs(): number {
		return this.isUp ? performance.now() - this.#upSince : 0;
	}

	/** What the process that runs now has said. */
	output(): string {
		return this.#program.output();
	}

	/** SIGKILL, also while it starts; then it is started again. */
	async kill(): Promise<boolean> {
		if (this.#state === 'ending' || this.#closed) return false;
		this.#state = 'ending';
		sendSignal(this.#program.pid, 'SIGKILL');
		await this.#program.ended;
		void this.#startAgain();
		return true;
	}

	/** SIGTERM, as a deploy does; then it is started again. */
	async end(): Promise<boolean> {
		if (!this.isUp) return false;
		this.#state = 'ending';
		const how = await this.#program.stop();
		if (how !== 0) this.#complain(`${this.name} ended with ${how} after SIGTERM: ${this.#program.output()}`);
		void this.#startAgain();
		return true;
	}

	/** SIGSTOP: it holds every connection and does nothing. */
	freeze(forMs: number): boolean {
		if (!this.isUp) return false;
		const { pid } = this.#program;
		this.#state = 'frozen';
		sendSignal(pid, 'SIGSTOP');
		setTimeout(() => {
			if (this.#state !== 'frozen' || this.#program.pid !== pid) return;
			sendSignal(pid, 'SIGCONT');
			this.#state = 'up';
		}, forMs);
		return true;
	}

	/** Its calendar is that much ahead from now on, also after a restart. */
	setClock(offsetMs: number): boolean {
		if (!this.isUp) return false;
		writeFileSync(this.#clockFile, String(offsetMs));
		sendSignal(this.#program.pid, 'SIGUSR2');
		return true;
	}

	async close(): Promise<void> {
		this.#closed = true;
		sendSignal(this.#program.pid, 'SIGKILL');
		await this.#program.ended;
	}

	#launch(): Program {
		const program = startProgram({ ...this.#env, PORT: String(this.#port) }, [
			process.execPath,
			'--import',
			CLOCK
		]);
		void program.ended.then((how) => {
			if (this.#program !== program || this.#state === 'ending' || this.#closed) return;
			const wasStarting = this.#state === 'starting';
			this.#state = 'ending';
			// A start may fail while the database is away, as it does for an operator; nothing else may end it.
			if (!wasStarting) this.#complain(`${this.name} ended by itself with ${how}: ${program.output()}`);
			setTimeout(() => void this.#startAgain(), START_AGAIN_MS);
		});
		return program;
	}

	async #startAgain(): Promise<void> {
		if (this.#closed) return;
		this.#state = 'starting';
		const program = (this.#program = this.#launch());
		const isServing = await program.url.then(
			() => true,
			() => false
		);
		if (this.#program !== program || this.#state !== 'starting') return;
		if (isServing) {
			this.#state = 'up';
			this.#upSince = performance.now();
		}
		// Its database hung while it started, for longer than anybody waits.
		else sendSignal(program.pid, 'SIGKILL');
	}
}
