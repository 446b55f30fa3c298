import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PageLife } from './page-life';
import { openQualityRecorder } from './quality-recorder';
import type { QualityReport } from './quality-reporter';
import type { SessionView } from './view';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OUTSIDE = { deviceId: 'mine', current: null } as unknown as SessionView;

/** In a call with Bob, one second after the other. */
function inCall(): SessionView {
	const counts = { ms: 1_000, packetsDue: 10, packetsLost: 0, bytesReceived: 1_000, framesDecoded: 1 };
	const sent = { packetsSent: 10, packetsLostThere: 0, bytesSent: 1_000 };
	const status = { connectionState: 'connected', restarts: 0, counts: { ...counts, ...sent } };
	const remotes = [{ deviceId: 'bobs', cameraEnabled: true, status }];
	return {
		deviceId: 'mine',
		current: { call: { id: 'a' }, stage: 'joined', remotes }
	} as unknown as SessionView;
}

function setUp() {
	let notice = () => {};
	const session = {
		view: OUTSIDE,
		subscribe: (listener: () => void) => {
			notice = listener;
			return () => (notice = () => {});
		}
	};
	let life: Parameters<PageLife['listen']>[0] | null = null;
	const page = {
		listen: (on: NonNullable<typeof life>) => {
			life = on;
			return () => (life = null);
		},
		postOnLeaving: vi.fn<PageLife['postOnLeaving']>()
	};
	const send = vi.fn(async (_report: QualityReport) => undefined as void);
	const close = openQualityRecorder({ session, page, send });
	return {
		send,
		page,
		close,
		leaving: () => life?.leaving(),
		show(view: SessionView) {
			session.view = view;
			notice();
		}
	};
}

test('a call of some seconds is told of when it is left', async () => {
	const { send, show } = setUp();
	for (let n = 0; n < 4; n += 1) show(inCall());
	expect(send).not.toHaveBeenCalled();
	show(OUTSIDE);
	await vi.advanceTimersByTimeAsync(0);
	expect(send.mock.calls).toMatchObject([
		[{ callId: 'a', deviceId: 'mine', samples: [{ peerDeviceId: 'bobs', n: 1, overMs: 4_000 }] }]
	]);
});

test('out of a call, what could not be sent is not tried at each change of the page', async () => {
	const { send, show } = setUp();
	send.mockRejectedValue(new Error('no network'));
	show(inCall());
	for (let n = 0; n < 10; n += 1) show({ ...OUTSIDE });
	await vi.advanceTimersByTimeAsync(1_000);
	for (let n = 0; n < 10; n += 1) show({ ...OUTSIDE });
	expect(send).toHaveBeenCalledTimes(1);
});

test('a page that goes posts its last seconds; if it comes back, the call goes on with other numbers', async () => {
	const { send, page, leaving, show } = setUp();
	show(inCall());
	leaving();
	expect(page.postOnLeaving.mock.calls).toMatchObject([
		['/trpc/calls.reportQuality', { callId: 'a', deviceId: 'mine', samples: [{ n: 1, overMs: 1_000 }] }]
	]);
	show(inCall());
	show(OUTSIDE);
	await vi.advanceTimersByTimeAsync(0);
	expect(send.mock.calls[0]?.[0].samples.map(({ n }) => n)).toEqual([1, 2]);
});

test('a page without a call posts nothing', () => {
	const { page, leaving, show } = setUp();
	show(OUTSIDE);
	leaving();
	expect(page.postOnLeaving).not.toHaveBeenCalled();
});

test('closed in a call, it sends what it has', async () => {
	const { send, show, close } = setUp();
	show(inCall());
	close();
	await vi.advanceTimersByTimeAsync(600_000);
	expect(send).toHaveBeenCalledTimes(1);
});
