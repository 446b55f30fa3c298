import { expect, test, vi } from 'vitest';
import { createLocks } from '../core/web-locks-fixture';
import { createCallMemory } from './call-memory';

const call = {
	callId: 'c0000000-0000-4000-8000-000000000000',
	deviceId: 'd0000000-0000-4000-8000-000000000000',
	microphoneEnabled: true,
	cameraEnabled: false
};

/** One browser: tabs of it share the locks. */
function browser() {
	const locks = createLocks();
	let now = 1_000_000;
	return {
		wait: (ms: number) => (now += ms),
		/** A tab with its own storage; a copy of another tab's when it is duplicated. */
		tab(texts = new Map<string, string>()) {
			const storage = {
				getItem: (key: string) => texts.get(key) ?? null,
				setItem: (key: string, text: string) => void texts.set(key, text),
				removeItem: (key: string) => void texts.delete(key)
			};
			const memory = () =>
				createCallMemory({
					storage: () => storage,
					locks,
					now: () => now
				});
			return { memory: memory(), texts, reloaded: memory };
		}
	};
}

test('a reloaded tab comes back, once its former self has let go', async () => {
	const tab = browser().tab();
	tab.memory.remember(call);
	const back = tab.reloaded().recall();
	const kept = new Map(tab.texts);
	tab.memory.forget(); // the page is gone, and its locks with it; its storage stays
	for (const [key, text] of kept) tab.texts.set(key, text);
	expect(await back).toEqual(call);
});

test('what is the same is written again only now and then, as a sign of life', () => {
	const chrome = browser();
	const { memory, texts } = chrome.tab();
	const written = vi.spyOn(texts, 'set');
	memory.remember(call);
	chrome.wait(9_000);
	memory.remember({ ...call });
	expect(written).toHaveBeenCalledTimes(1);
	memory.remember({ ...call, cameraEnabled: true });
	expect(written).toHaveBeenCalledTimes(2);
	chrome.wait(10_000);
	memory.remember({ ...call, cameraEnabled: true });
	expect(written).toHaveBeenCalledTimes(3);
	memory.forget();
	memory.remember({ ...call, cameraEnabled: true });
	expect(written).toHaveBeenCalledTimes(4);
});

test('a duplicated tab does not: the first still holds the device', async () => {
	vi.useFakeTimers();
	const chrome = browser();
	const first = chrome.tab();
	first.memory.remember(call);
	const copy = chrome.tab(new Map(first.texts));
	vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
		const abort = new AbortController();
		setTimeout(() => abort.abort(), ms);
		return abort.signal;
	});
	const recalled = copy.memory.recall();
	await vi.advanceTimersByTimeAsync(5_000);
	expect(await recalled).toBeNull();
	vi.restoreAllMocks();
	vi.useRealTimers();
});

test('neither does a tab that is restored much later, nor one that left the call', async () => {
	const chrome = browser();
	const tab = chrome.tab();
	tab.memory.remember(call);
	const texts = new Map(tab.texts);
	tab.memory.forget();
	expect(await tab.reloaded().recall()).toBeNull();
	chrome.wait(10 * 60_000);
	expect(await chrome.tab(texts).memory.recall()).toBeNull();
});

test('a browser that forbids storage is no obstacle', async () => {
	const memory = createCallMemory({
		storage() {
			throw new DOMException('no', 'SecurityError');
		},
		locks: undefined,
		now: () => 0
	});
	memory.remember(call);
	memory.forget();
	expect(await memory.recall()).toBeNull();
});

test("what is not our text is nobody's call", async () => {
	const texts = new Map([['parley.call', '{"callId":"../../x"}']]);
	expect(await browser().tab(texts).memory.recall()).toBeNull();
});
