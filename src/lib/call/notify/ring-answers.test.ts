import { expect, test } from 'vitest';
import { RingAnswers } from './ring-answers';

const A = '018f2c52-0000-7000-8000-00000000000a';
const B = '018f2c52-0000-7000-8000-00000000000b';

function createPage(...ringing: string[]) {
	const done: string[] = [];
	const page = { ringing };
	const act = (what: string) => (callId: string) => {
		done.push(`${what} ${callId}`);
		page.ringing = page.ringing.filter((one) => one !== callId);
		answers.changed(); // as a session tells its listeners within the action
	};
	const answers: RingAnswers = new RingAnswers({
		rings: (callId) => page.ringing.includes(callId),
		claim: () => ({ inCall: false, inFront: true }),
		accept: act('accept'),
		decline: act('decline')
	});
	const take = (message: unknown) => answers.take(message, () => {});
	return { page, answers, done, take };
}

test.each([
	['accept', [`accept ${A}`]],
	['decline', [`decline ${A}`]],
	['show', []]
])('%s of a call that rings here', (answer, done) => {
	const page = createPage(A);
	page.take({ type: 'call-answer', callId: A, answer });
	page.take({ type: 'call-answer', callId: A, answer });
	expect(page.done).toEqual(done);
});

test.each([
	['another call', { type: 'call-answer', callId: B, answer: 'accept' }],
	['no answer of ours', { type: 'call-answer', callId: A, answer: 'accept-with-camera' }],
	['no id', { type: 'call-answer', callId: 'A', answer: 'accept' }],
	['another type', { type: 'accept', callId: A }],
	['a text', 'accept'],
	['nothing', null]
])('(ignored) %s', (_title, message) => {
	const page = createPage(A);
	page.take(message);
	expect(page.done).toEqual([]);
});

test('who is asked says whether it rings', () => {
	const { answers } = createPage(A);
	const said: unknown[] = [];
	for (const callId of [A, B]) answers.take({ type: 'call-who', callId }, (one) => said.push(one));
	expect(said).toEqual([
		{ rings: true, inCall: false, inFront: true },
		{ rings: false, inCall: false, inFront: true }
	]);
});

test.each(['accept', 'decline'])('two ring: %s of the one that is not shown in the page', (answer) => {
	const page = createPage(A, B);
	page.take({ type: 'call-answer', callId: B, answer });
	expect(page.done).toEqual([`${answer} ${B}`]);
});

test.each(['accept', 'decline'])('%s takes effect once its call rings, and once', (answer) => {
	const page = createPage();
	page.take({ type: 'call-answer', callId: A, answer });
	page.answers.changed();
	page.page.ringing = [B];
	page.answers.changed();
	expect(page.done).toEqual([]);
	page.page.ringing = [B, A];
	page.answers.changed();
	page.page.ringing = [B, A]; // it rings on, after an answer that was refused
	page.answers.changed();
	expect(page.done).toEqual([`${answer} ${A}`]);
});

test('what was pressed last counts', () => {
	const page = createPage();
	for (const answer of ['accept', 'decline']) page.take({ type: 'call-answer', callId: A, answer });
	page.page.ringing = [A];
	page.answers.changed();
	expect(page.done).toEqual([`decline ${A}`]);
});
