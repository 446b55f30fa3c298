import { accept, callRegion } from '../tests/fixtures/call-page';
import { untilMovingAgain, watchFrames } from '../tests/fixtures/frame-watch';
import { openPeopleAtHome, type PeopleAtHome } from '../tests/fixtures/net/people-at-home';
import { expectMedia, shareRoom } from '../tests/fixtures/people';
import { startProgram, type Program } from '../tests/fixtures/server';
import { answerCommands } from './programs';
import { CUTS } from './recovery-cuts';

export type RecoveryCommand =
	/** Opens Parley on this database, coturn and two browsers, each behind a NAT. */
	| { type: 'begin'; databaseUrl: string }
	/** One call, cut in this way. Answers milliseconds until both see each other move again. */
	| { type: 'cut'; index: number }
	| { type: 'end' };

/** Other paths than the one in use are known by then. */
const SETTLE_MS = 3_000;
const WITHIN_MS = 60_000;

let home: PeopleAtHome<Program> | null = null;

async function serve(env: Record<string, string>): Promise<Program> {
	const program = startProgram(env);
	await program.url;
	return program;
}

async function cut(index: number): Promise<number> {
	const kind = CUTS[index];
	if (!home || !kind) throw new Error('Nothing to cut.');
	const { nats, turn, ann, bob } = home;
	nats.set(kind.before);
	await ann.page.getByRole('button', { name: 'Start video call' }).click();
	await accept(bob.page);
	await Promise.all([expectMedia(ann.page), expectMedia(bob.page)]);
	await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

	const watches = await Promise.all([watchFrames(ann.page), watchFrames(bob.page)]);
	const cutAt = Date.now();
	if (kind.cut === 'coturn') {
		await turn.kill();
		await turn.startAgain();
	} else nats.set(kind.cut);
	if (kind.backAfterMs !== null) {
		await new Promise((resolve) => setTimeout(resolve, kind.backAfterMs ?? 0));
		nats.set(kind.before);
	}
	const again = await Promise.all(watches.map((moments) => untilMovingAgain(moments, cutAt, WITHIN_MS)));
	const since = cutAt + (kind.backAfterMs ?? 0);
	nats.set(kind.before);
	await ann.page.getByRole('button', { name: 'Leave call' }).click();
	await callRegion(ann.page).waitFor({ state: 'hidden' });
	await callRegion(bob.page).waitFor({ state: 'hidden' });
	return Math.max(...again) - since;
}

answerCommands<RecoveryCommand>(async (command) => {
	switch (command.type) {
		case 'begin':
			home = await openPeopleAtHome((env) => serve({ ...env, DATABASE_URL: command.databaseUrl }));
			return shareRoom(home.ann, home.bob, 'Kitchen');
		case 'cut':
			return cut(command.index);
		case 'end':
			return home?.close();
	}
});
console.log('ready here');
