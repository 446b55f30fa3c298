import { expect, test } from 'vitest';
import type { CallSnapshot } from '../core/snapshot';
import type { DeviceProblem, PeerStatus, RemoteView } from '../session/view';
import { callingWords, connectionWords, insideWords, offlineWords, problemWords, timerWords } from './words';

test.each([
	[0, '0:00'],
	[-500, '0:00'],
	[7_900, '0:07'],
	[750_000, '12:30'],
	[3_723_000, '1:02:03']
])('%d ms are %s', (elapsedMs, words) => {
	expect(timerWords(elapsedMs)).toBe(words);
});

function call(...callees: string[]): CallSnapshot {
	const people = ['Ann', ...callees].map((displayName, index) => ({
		userId: displayName,
		displayName,
		role: index === 0 ? 'caller' : 'callee',
		invite: 'accepted',
		ringUntil: null,
		removed: false
	}));
	const devices = people.map(({ userId }) => ({ userId }));
	return { participants: people, devices } as unknown as CallSnapshot;
}

test.each([
	[['Bob'], 'Calling Bob…'],
	[['Bob', 'Cem', 'Dee'], 'Calling Bob, Cem and Dee…'],
	[['Bob', 'Cem', 'Dee', 'Eve'], 'Calling Bob, Cem and 2 others…']
])('%j: %s', (callees, words) => {
	expect(callingWords(call(...callees))).toBe(words);
});

test.each([
	[[], ''],
	[['Bob'], 'Bob is offline and may not see this call in time'],
	[['Bob', 'Dee'], 'Bob and Dee are offline and may not see this call in time'],
	[['Bob', 'Cem', 'Dee', 'Eve'], '4 of them are offline and may not see this call in time']
])('offline %j: %s', (offline, words) => {
	expect(offlineWords(call('Bob', 'Cem', 'Dee', 'Eve'), offline)).toBe(words);
});

test('who is inside says that oneself is, on another device', () => {
	expect(insideWords(call('Bob'), 'Bob')).toBe('Ann and you, on another device');
});

test.each<
	[presence: RemoteView['presence'], connectionState: RTCPeerConnectionState | null, words: RegExp | null]
>([
	['joined', 'connected', null],
	['joined', null, /^Connecting/],
	['joined', 'connecting', /^Connecting/],
	['joined', 'disconnected', /interrupted/],
	['joined', 'failed', /No way to Bob/],
	['reconnecting', 'connected', /^Bob is reconnecting…$/]
])('%s and %s: %s', (presence, connectionState, words) => {
	const status = connectionState ? ({ connectionState } as PeerStatus) : null;
	const said = connectionWords({
		displayName: 'Bob',
		presence,
		status,
		missing: [] as const
	} as unknown as RemoteView);
	if (words) expect(said).toMatch(words);
	else expect(said).toBeNull();
});

test('every problem with a device says a way out', () => {
	expect(problemWords({ device: 'camera', reason: 'denied' })).toBe(
		"Camera is blocked. Allow it in the site settings, beside the browser's address bar, then try again."
	);
	const reasons: DeviceProblem['reason'][] = [
		'denied',
		'denied-by-system',
		'missing',
		'in-use',
		'insecure',
		'stopped',
		'failed'
	];
	const said = reasons.map((reason) => problemWords({ device: 'microphone', reason }));
	for (const words of said) expect(words).toMatch(/microphone.*(try again|https address)/i);
	expect(new Set(said).size).toBe(reasons.length);
});
