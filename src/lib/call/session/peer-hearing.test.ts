import { expect, test, vi } from 'vitest';
import { createHearing, HEARD_OF_ONE } from './peer-hearing';

const HEART = JSON.stringify({ v: 1, type: 'reaction', reaction: 'heart' });

function hear() {
	const clock = { now: 0 };
	const onMessage = vi.fn();
	const onShown = vi.fn();
	const report = vi.fn();
	const hearing = createHearing({ now: () => clock.now, onMessage, onShown, report });
	return { clock, onMessage, onShown, report, ...hearing };
}

test('a message is passed on with the device it came from', () => {
	const { take, onMessage } = hear();
	take('bob', HEART);
	expect(onMessage).toHaveBeenCalledExactlyOnceWith('bob', { v: 1, type: 'reaction', reaction: 'heart' });
});

test('how large they show our camera is for the page, and not for its person', () => {
	const { take, onMessage, onShown } = hear();
	take('bob', '{"v":1,"type":"shown","size":180}');
	expect(onShown).toHaveBeenCalledExactlyOnceWith('bob', 180);
	expect(onMessage).not.toHaveBeenCalled();
});

test.each([['{"v":1}'], ['{"v":1,"type":"shown","size":181}'], ['hello'], [null]])(
	'%j is dropped, and said without its words',
	(text) => {
		const { take, onMessage, report } = hear();
		take('bob', text);
		expect(onMessage).not.toHaveBeenCalled();
		expect(report).toHaveBeenCalledExactlyOnceWith('dropped: not a message of the channel');
	}
);

test('who floods is heard no more than anybody, told of once, and heard again after a while; the others all along', () => {
	const { take, onMessage, report, clock } = hear();
	for (let n = 0; n < 10 * HEARD_OF_ONE.burst; n++) take('eve', n % 2 ? HEART : 'noise');
	expect(onMessage).toHaveBeenCalledTimes(HEARD_OF_ONE.burst / 2);
	expect(report.mock.calls.filter(([line]) => line.includes('too much'))).toHaveLength(1);
	take('bob', HEART);
	expect(onMessage).toHaveBeenLastCalledWith('bob', expect.anything());
	clock.now = 3_600_000;
	take('eve', HEART);
	expect(onMessage).toHaveBeenLastCalledWith('eve', expect.anything());
});

test('who left and came back begins anew', () => {
	const { take, forget, onMessage } = hear();
	for (let n = 0; n < 10 * HEARD_OF_ONE.burst; n++) take('bob', HEART);
	onMessage.mockClear();
	forget('bob');
	take('bob', HEART);
	expect(onMessage).toHaveBeenCalledOnce();
});
