// Three people with two devices each in one room, read by the product's own link over one rung. Every act of one device is
// timed until the last of the other five shows it.
import type { OfferedRung } from '../src/lib/call/core/rung';
import { inviteOf } from '../src/lib/call/core/scene-words';
import type { CallSnapshot, InviteState } from '../src/lib/call/core/snapshot';
import type { Link, LinkNews } from '../src/lib/link/link';
import { openProgram, straight, type Program } from '../tests/fixtures/programs';
import type { BenchPerson } from './database';
import { answerCommands } from './programs';
import { emptyGame, type Act, type RingGame } from './ring-acts';

export type RingCommand =
	{ type: 'begin'; url: string; rung: OfferedRung; people: BenchPerson[] } | { type: 'play'; ms: number };

const MEDIA = { microphoneEnabled: true, cameraEnabled: false };

/** What a page would show: the room's live call, by the newest that its link has told. */
class Page {
	readonly #program: Program;
	#call: CallSnapshot | null = null;
	#look: () => void = () => {};

	constructor(url: string, { token }: BenchPerson, rung: OfferedRung) {
		this.#program = openProgram(straight(url), token, { choice: { rung, by: 'settings' } });
		this.#program.link.listen((news) => this.#hear(news));
	}

	get link(): Link {
		return this.#program.link;
	}

	/** This page, in the call it shows. */
	get here(): { callId: string; deviceId: string } {
		return { callId: this.#call?.id ?? '', deviceId: this.#program.deviceId() };
	}

	shows(holds: (call: CallSnapshot | null) => boolean): Promise<void> {
		return new Promise((resolve) => {
			this.#look = () => {
				if (!holds(this.#call)) return;
				this.#look = () => {};
				resolve();
			};
			this.#look();
		});
	}

	#hear(news: LinkNews): void {
		if (news.type === 'state') this.#call = news.state.calls[0] ?? null;
		else if (news.type !== 'call') return;
		else if (news.call.phase !== 'ended') this.#call = news.call;
		else if (news.call.id === this.#call?.id) this.#call = null;
		this.#look();
	}
}

/** Each person's first page acts; the second looks on. */
type Scene = { pages: Page[]; roomId: string; ann: Page; bob: Page; cem: Page; bobId: string; cemId: string };
let scene: Scene;

async function begin({ url, people, rung }: Extract<RingCommand, { type: 'begin' }>): Promise<void> {
	const pages = people.flatMap((person) => [new Page(url, person, rung), new Page(url, person, rung)]);
	for (const { link } of pages) {
		while (link.status.rung !== rung) await new Promise((resolve) => setTimeout(resolve, 20));
	}
	const [ann, , bob, , cem] = pages;
	if (!ann || !bob || !cem) throw new Error('Three people are needed.');
	const { id: roomId } = await ann.link.api.rooms.create.mutate({ name: 'Ring' });
	const { code } = await ann.link.api.rooms.inviteCode.mutate({ roomId });
	const idOf = async ({ link: { api } }: Page) => {
		await api.rooms.join.mutate({ code });
		return (await api.auth.me.query())?.userId ?? '';
	};
	scene = { pages, roomId, ann, bob, cem, bobId: await idOf(bob), cemId: await idOf(cem) };
}

/** One whole call; each act comes a moment after everybody has seen the one before, as people press buttons. */
async function playCall(game: RingGame): Promise<void> {
	const { pages, roomId, ann, bob, cem, bobId, cemId } = scene;
	const time = async (
		act: Act,
		by: Page,
		run: (api: Link['api'], here: Page['here']) => Promise<unknown>,
		holds: (call: CallSnapshot | null) => boolean
	) => {
		await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 250));
		const at = performance.now();
		const done = run(by.link.api, by.here);
		await Promise.all(pages.filter((page) => page !== by).map((page) => page.shows(holds)));
		game[act].push(performance.now() - at);
		await done;
		await by.shows(holds);
	};
	const has = (userId: string, invite: InviteState) => (call: CallSnapshot | null) =>
		call !== null && inviteOf(call, userId) === invite;

	await time(
		'call',
		ann,
		({ calls }, { deviceId }) => calls.start.mutate({ roomId, deviceId, kind: 'audio', ...MEDIA }),
		has(bobId, 'ringing')
	);
	await time(
		'accept',
		bob,
		({ calls }, here) => calls.accept.mutate({ ...here, ...MEDIA }),
		has(bobId, 'accepted')
	);
	await time(
		'mute',
		bob,
		({ calls }, here) => calls.setMedia.mutate({ ...here, ...MEDIA, microphoneEnabled: false }),
		(call) => call?.devices.some((one) => one.userId === bobId && !one.microphoneEnabled) ?? false
	);
	await time(
		'decline',
		cem,
		({ calls }, { callId }) => calls.decline.mutate({ callId }),
		has(cemId, 'declined')
	);
	await time(
		'leave',
		ann,
		({ calls }, here) => calls.leave.mutate(here),
		(call) => call?.devices.every((one) => one.userId === bobId) ?? false
	);
	await time(
		'end',
		bob,
		({ calls }, here) => calls.leave.mutate(here),
		(call) => call === null
	);
}

answerCommands<RingCommand>(async (command) => {
	if (command.type === 'begin') return begin(command);
	const game = emptyGame();
	const until = performance.now() + command.ms;
	do await playCall(game);
	while (performance.now() < until);
	return game;
});
console.log('ready load');
