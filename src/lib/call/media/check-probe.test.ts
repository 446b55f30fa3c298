import { afterEach, expect, test, vi } from 'vitest';
import type { ProbeEvent } from '../core/connection-check';
import { openProbe } from './check-probe';
import { iceConfigOf } from './ice-config';

afterEach(() => void vi.unstubAllGlobals());

/** Connections that are described when they are told to; whole ones are for the tests in browsers. */
function browser({ refuses = Infinity }: { refuses?: number } = {}) {
	const opened: FakeConnection[] = [];
	let fail: (error: Error) => void = () => undefined;
	const described = new Promise<void>((_resolve, reject) => (fail = reject));
	class FakeConnection extends EventTarget {
		closed = false;
		localDescription = { type: 'offer', sdp: '' };
		constructor(readonly configuration: RTCConfiguration) {
			super();
			if (opened.length >= refuses) throw new DOMException('no more', 'UnknownError');
			opened.push(this);
		}
		createDataChannel = () => new EventTarget();
		setLocalDescription = () => described;
		setRemoteDescription = () => described;
		close() {
			this.closed = true;
		}
	}
	vi.stubGlobal('RTCPeerConnection', FakeConnection);
	const heard: ProbeEvent['type'][] = [];
	const open = (aim: 'pair' | 'gather') =>
		openProbe({ ice: iceConfigOf([], false), aim, on: ({ type }) => heard.push(type) });
	const settle = () => new Promise((resolve) => setTimeout(resolve));
	return { opened, fail: (error: Error) => fail(error), heard, open, settle };
}

test('a pair is two connections, gathering takes one; closing closes them', async () => {
	const { opened, open, settle } = browser();
	const closes = [open('pair'), open('gather')];
	await settle();
	expect(opened).toHaveLength(3);
	expect(opened[0]?.configuration).toMatchObject({ bundlePolicy: 'max-bundle', iceTransportPolicy: 'all' });
	for (const close of closes) close();
	expect(opened.every(({ closed }) => closed)).toBe(true);
});

test('closed before it began, it opens nothing', async () => {
	const { opened, open, settle } = browser();
	open('pair')();
	await settle();
	expect(opened).toEqual([]);
});

test.each([0, 1])(
	'a browser that makes %i connections and no more: broken, and what was made is closed',
	async (refuses) => {
		const { opened, heard, open, settle } = browser({ refuses });
		const close = open('pair');
		await settle();
		expect(heard).toEqual(['broken']);
		close();
		expect(opened.map(({ closed }) => closed)).toEqual(Array.from({ length: refuses }, () => true));
	}
);

test('closed while it is described, it tells nothing of what fails then', async () => {
	const { heard, fail, open, settle } = browser();
	const close = open('pair');
	await settle();
	close();
	fail(new Error('closed'));
	await settle();
	expect(heard).toEqual([]);
});
