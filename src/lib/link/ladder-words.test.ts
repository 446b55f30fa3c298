import { describe, expect, test } from 'vitest';
import {
	answered,
	begun,
	due,
	failed,
	held,
	hidden,
	longPolling,
	overSse,
	pollDue,
	pollFailed,
	polling,
	reading,
	refused,
	run,
	shortPolling,
	standing,
	stands
} from './ladder-fixture';
import { type Ladder } from './ladder-state';

describe('in words', () => {
	const twice = run(
		standing,
		failed('websocket'),
		due('websocket'),
		stands('websocket'),
		failed('websocket')
	);
	const chosen = 'Chosen in the settings; no other way is tried.';
	test.each<[string, Ladder]>([
		['Connecting to the server.', begun],
		['The WebSocket is being opened.', polling],
		['The WebSocket is blocked. Server-sent events are being opened.', refused],
		['The WebSocket is blocked.', overSse],
		['The WebSocket is blocked. Server-sent events are blocked.', longPolling],
		[
			'The WebSocket is blocked. Server-sent events are blocked. Long polls are cut off on the way.',
			shortPolling
		],
		['The WebSocket is blocked. This tab is in the background.', hidden],
		['', standing],
		['The WebSocket was lost and is tried again.', run(standing, failed('websocket'))],
		[
			'The WebSocket keeps breaking and is left alone for a while. Server-sent events are being opened.',
			twice
		],
		[
			'The server cannot be reached; trying again.',
			run(standing, failed('websocket'), pollDue, pollFailed, pollDue, pollFailed)
		],
		['This device is offline.', run(begun, { type: 'offline' })],
		['The session is over.', run(polling, { type: 'signed-out' })],
		[
			'The WebSocket is turned off on this server.',
			run(reading(null, ['sse', 'long-poll']), answered, stands('sse'))
		],
		[chosen, run(held('sse'), stands('sse'))],
		[`The WebSocket cannot be opened. ${chosen}`, run(held('websocket'), failed('websocket'))],
		[
			`Long polls are cut off on the way. ${chosen}`,
			run(held('long-poll'), answered, pollDue, pollFailed, pollDue, answered, pollFailed, pollDue, answered)
		],
		[
			"Server-sent events are turned off on this server. Chosen by this page's address; no other way is tried.",
			run(reading({ rung: 'sse', by: 'address' }, ['long-poll']), failed('sse'))
		]
	])('%s', (why, ladder) => {
		expect(ladder.status.why).toBe(why);
	});
});
