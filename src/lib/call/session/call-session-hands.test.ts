import { expect, test } from 'vitest';
import { accepted, HERE, refusal, world } from './call-session-world';

/** A page that is in the call with Ann, and hears of raised hands. */
async function inside() {
	const w = world();
	await w.inside();
	let version = 2;
	return {
		...w,
		/** @param raised since when, by device */
		hands(raised: Record<string, number>) {
			const call = accepted({ version: (version += 1) });
			const devices = call.devices.map((one) => ({ ...one, handRaisedAt: raised[one.deviceId] ?? null }));
			w.tell({ type: 'call', call: { ...call, devices } });
		}
	};
}

test('hands are shown in their order, ours among the others', async () => {
	const { session, hands } = await inside();
	const shown = () => {
		const current = session.view.current;
		return [
			current?.hands.map(({ displayName }) => displayName),
			current?.local.hand,
			current?.remotes[0]?.hand
		];
	};
	expect(shown()).toEqual([[], null, null]);
	hands({ [HERE]: 20 });
	expect(shown()).toEqual([['Me'], 1, null]);
	hands({ [HERE]: 20, anns: 10 });
	expect(shown()).toEqual([['Ann', 'Me'], 2, 1]);
	hands({ anns: 30 });
	expect(shown()).toEqual([['Ann'], null, 1]);
});

test('what is asked of the server, and its refusal said', async () => {
	const { session, server } = await inside();
	await session.actions.setHand(true);
	expect(server.setHand).toHaveBeenCalledWith({ callId: 'a', deviceId: HERE, raised: true });
	await session.actions.lowerHand('ann');
	expect(server.lowerHand).toHaveBeenCalledWith({ callId: 'a', userId: 'ann' });
	server.lowerHands.mockRejectedValueOnce(refusal('call/not-host'));
	await session.actions.lowerHands();
	expect(server.lowerHands).toHaveBeenCalledWith('a');
	expect(session.view.notice?.text).toBe('Only the host of this call can do that.');
});

test('a hand that is up is seen as soon as the server has answered, without waiting for its news', async () => {
	const { session, server } = await inside();
	const call = accepted({ version: 3 });
	const devices = call.devices.map((one) => (one.deviceId === HERE ? { ...one, handRaisedAt: 5 } : one));
	server.get.mockResolvedValueOnce({ ...call, devices });
	await session.actions.setHand(true);
	expect(session.view.current?.local.hand).toBe(1);
});

test('outside of a call there is no hand to raise', async () => {
	const { session, server } = world();
	await session.actions.setHand(true);
	expect(server.setHand).not.toHaveBeenCalled();
});
