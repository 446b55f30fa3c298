import { expect, test } from 'vitest';
import { BOB, build, device, EVE, inFakeBrowser, ME, snapshot } from './peer-mesh-fixture';

const HEART = { v: 1, type: 'reaction', reaction: 'heart' } as const;
const THREE = [device(BOB, 1), device(EVE, 2), device(ME, 3)];

inFakeBrowser();

/** In a call with Bob and Eve. */
function withBobAndEve() {
	const world = build();
	world.mesh.update(snapshot(1, THREE));
	const [bob, eve] = world.connections;
	if (!bob || !eve) throw new Error('not connected');
	return { ...world, bob, eve };
}

test('what is said goes to each device that can be told, and to how many is known', () => {
	const { mesh, bob, eve } = withBobAndEve();
	expect(mesh.say(HEART)).toBe(0);
	bob.become('connected');
	expect(mesh.say(HEART)).toBe(1);
	eve.become('connected');
	expect(mesh.say(HEART)).toBe(2);
	expect(bob.log).toContain(`say ${JSON.stringify(HEART)}`);
	mesh.update(snapshot(2, THREE.slice(1)));
	expect(mesh.say(HEART)).toBe(1);
});

test('what another one says comes with the device whose connection it came by; what is none is reported', () => {
	const { deps, bob, eve } = withBobAndEve();
	eve.options.on({ type: 'said', text: JSON.stringify(HEART) });
	expect(deps.onSaid).toHaveBeenCalledExactlyOnceWith(EVE, HEART);
	bob.options.on({ type: 'said', text: 'hello' });
	expect(deps.onSaid).toHaveBeenCalledOnce();
	expect(deps.report).toHaveBeenCalledExactlyOnceWith('dropped: not a message of the channel');
});

test('of a connection that was closed nothing is heard any more', () => {
	const { mesh, deps, bob } = withBobAndEve();
	mesh.update(snapshot(2, THREE.slice(1)));
	bob.options.on({ type: 'said', text: JSON.stringify(HEART) });
	bob.options.on({ type: 'channel-open' });
	expect(deps.onSaid).not.toHaveBeenCalled();
	expect(deps.onReachable).not.toHaveBeenCalled();
});

test('a channel that opens is told, also that of a connection in the place of another one', () => {
	const { mesh, deps, connections, bob } = withBobAndEve();
	bob.options.on({ type: 'channel-open' });
	expect(deps.onReachable).toHaveBeenCalledTimes(1);
	mesh.update(snapshot(2, [device(BOB, 1, 2), ...THREE.slice(1)]));
	connections.at(-1)?.options.on({ type: 'channel-open' });
	expect(deps.onReachable).toHaveBeenCalledTimes(2);
});
