import { expect, test, vi } from 'vitest';
import { createScreenShare, type Capture } from './screen-share';

class FakeTrack {
	stopped = false;
	contentHint = '';
	onended: (() => void) | null = null;
	constructor(readonly kind: 'audio' | 'video') {}
	stop() {
		this.stopped = true;
	}
}

/** A screen to choose, with its sound or without, or what choosing one fails with. */
function screenOf({ audio = false, fails = null as Error | null, restrictOwnAudio = false } = {}) {
	const asked: unknown[] = [];
	const made: FakeTrack[] = [];
	let gate = Promise.resolve();
	const capture = {
		async getDisplayMedia(wishes?: DisplayMediaStreamOptions) {
			asked.push(wishes);
			await gate;
			if (fails) throw fails;
			const video = new FakeTrack('video');
			const sound = audio ? [new FakeTrack('audio')] : [];
			made.push(video, ...sound);
			return { getVideoTracks: () => [video], getAudioTracks: () => sound } as unknown as MediaStream;
		},
		getSupportedConstraints: () => ({ restrictOwnAudio })
	} satisfies Capture;
	const onChange = vi.fn();
	return {
		asked,
		made,
		onChange,
		share: createScreenShare({ capture, onChange }),
		/** Nothing is chosen until the function returned is called. */
		hold() {
			let open = () => {};
			gate = new Promise((resolve) => (open = resolve));
			return open;
		}
	};
}

const failure = (name: string, message = '') => Object.assign(new Error(message), { name });
const fake = (track: MediaStreamTrack | null) => track as unknown as FakeTrack;

test('what is chosen is sent, with its sound where there is any', async () => {
	const { share, onChange } = screenOf({ audio: true });
	expect(share).toMatchObject({ enabled: false, available: true });
	expect(await share.start()).toBeNull();
	expect(share.enabled).toBe(true);
	expect(fake(share.tracks.screenVideo)).toMatchObject({ kind: 'video', contentHint: 'detail' });
	expect(fake(share.tracks.screenAudio).kind).toBe('audio');
	expect(onChange).toHaveBeenCalledOnce();

	const silent = screenOf();
	await silent.share.start();
	expect(silent.share).toMatchObject({ enabled: true, tracks: { screenAudio: null } });
});

test('the sound of the whole system is asked for only where our own page can be left out of it', async () => {
	for (const [restrictOwnAudio, systemAudio] of [
		[false, 'exclude'],
		[true, 'include']
	] as const) {
		const { share, asked } = screenOf({ restrictOwnAudio });
		await share.start();
		expect(asked).toEqual([expect.objectContaining({ systemAudio, selfBrowserSurface: 'exclude' })]);
	}
});

test.each<[title: string, error: Error, problem: string | null]>([
	['the person chose nothing', failure('NotAllowedError', 'Permission denied by user'), null],
	['their system forbids it', failure('NotAllowedError', 'Permission denied by system'), 'blocked'],
	['there is no screen', failure('NotFoundError'), 'missing'],
	['it cannot be read', failure('NotReadableError'), 'failed'],
	['anything else', failure('InvalidStateError'), 'failed']
])('%s', async (_title, fails, problem) => {
	const { share, onChange } = screenOf({ fails });
	expect(await share.start()).toBe(problem);
	expect(share.enabled).toBe(false);
	expect(onChange).not.toHaveBeenCalled();
});

test('stop ends both tracks, and says so once', async () => {
	const { share, made, onChange } = screenOf({ audio: true });
	await share.start();
	onChange.mockClear();
	share.stop();
	share.stop();
	expect(made.map(({ stopped }) => stopped)).toEqual([true, true]);
	expect(share).toMatchObject({ enabled: false, tracks: { screenVideo: null, screenAudio: null } });
	expect(onChange).toHaveBeenCalledOnce();
});

test("the browser's own bar ends it like we do, and it can be shared again", async () => {
	const { share, made, onChange } = screenOf({ audio: true });
	await share.start();
	onChange.mockClear();
	made[0]?.onended?.();
	expect(share.enabled).toBe(false);
	expect(made[1]?.stopped).toBe(true);
	expect(onChange).toHaveBeenCalledOnce();

	await share.start();
	made[0]?.onended?.(); // the first share's, once more
	expect(share.enabled).toBe(true);
});

test('sound that ends by itself leaves the picture', async () => {
	const { share, made, onChange } = screenOf({ audio: true });
	await share.start();
	onChange.mockClear();
	made[1]?.onended?.();
	expect(share).toMatchObject({ enabled: true, tracks: { screenAudio: null } });
	expect(onChange).toHaveBeenCalledOnce();
});

test('pressed twice, the browser asks once', async () => {
	const { share, asked } = screenOf();
	await Promise.all([share.start(), share.start()]);
	await share.start();
	expect(asked).toHaveLength(1);
});

test('what is chosen after the call was left is stopped', async () => {
	const { share, made, onChange, hold } = screenOf({ audio: true });
	const choose = hold();
	const starting = share.start();
	share.close();
	choose();
	expect(await starting).toBeNull();
	expect(made.map(({ stopped }) => stopped)).toEqual([true, true]);
	expect(share.enabled).toBe(false);
	expect(onChange).not.toHaveBeenCalled();
});

test.each([[null], [{}]])('a browser that shares nothing (%o) has nothing to start', async (capture) => {
	const share = createScreenShare({ capture, onChange: vi.fn() });
	expect(share.available).toBe(false);
	expect(await share.start()).toBeNull();
});
