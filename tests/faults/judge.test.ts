import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	newDevice,
	type DeviceFacts,
	type Heard,
	type History,
	type SignalFacts,
	type StoredSignal
} from './history';
import { judge, type Violation } from './judge';

/** A run in which everything went well, to be spoiled by a test: what it does not notice, no run will. */
class Story {
	readonly devices = new Map<string, DeviceFacts>();
	readonly signals = new Map<number, SignalFacts>();
	readonly mailboxes = new Map<string, { epoch: number; seq: number }>();
	stored: StoredSignal[] = [];

	constructor(...names: string[]) {
		for (const name of names) {
			this.devices.set(name, newDevice(name, name));
			this.mailboxes.set(name, { epoch: 1, seq: 0 });
		}
		for (const device of this.devices.values()) {
			for (const other of names) if (other !== device.deviceId) device.seenEpochs.set(other, 1);
		}
	}

	device(name: string): DeviceFacts {
		return this.devices.get(name)!;
	}

	signal(number: number): SignalFacts {
		return this.signals.get(number)!;
	}

	queue(from: string, to: string): number {
		const number = this.signals.size + 1;
		this.signals.set(number, {
			number,
			from,
			to,
			callId: 'call',
			queuedAt: number,
			acknowledgedAt: [],
			refusedAt: null
		});
		return number;
	}

	store(number: number): void {
		const { from, to } = this.signal(number);
		const { epoch, seq } = this.mailboxes.get(to)!;
		const at = { epoch, seq: seq + 1 };
		this.mailboxes.set(to, at);
		this.stored.push({ number, from, to, at });
	}

	acknowledge(number: number): void {
		this.signal(number).acknowledgedAt.push(1_000);
	}

	/** The reader takes what its mailbox has, up to the end. */
	read(name: string): void {
		const device = this.device(name);
		const { epoch } = this.mailboxes.get(name)!;
		const has = new Set(device.heard.map((one) => (one.type === 'signal' ? one.number : 0)));
		for (const { number, to, at } of this.stored) {
			if (to === name && at.epoch === epoch && !has.has(number))
				device.heard.push({ type: 'signal', number, at, when: 2_000 });
		}
	}

	raise(name: string): void {
		const { epoch } = this.mailboxes.get(name)!;
		this.mailboxes.set(name, { epoch: epoch + 1, seq: 0 });
	}

	hearOfEpoch(name: string): void {
		const { epoch } = this.mailboxes.get(name)!;
		this.device(name).heard.push({ type: 'epoch', epoch, when: 3_000 });
	}

	seeEpoch(viewer: string, of: string): void {
		this.device(viewer).seenEpochs.set(of, this.mailboxes.get(of)!.epoch);
	}

	sendWhole(from: string, to: string): number {
		const number = this.queue(from, to);
		this.store(number);
		this.acknowledge(number);
		return number;
	}

	get history(): History {
		return this;
	}
}

const found = (story: Story) =>
	judge(story.history).violations.map(({ fault, number }): [string, number | null] => [fault, number]);
const faults = (story: Story) => [
	...new Set(judge(story.history).violations.map(({ fault }: Violation) => fault))
];

/** Five signals from Ada to Bob and three from Eve, taken in turn. */
function wholeStory(): Story {
	const story = new Story('ada', 'bob', 'eve');
	for (let i = 0; i < 5; i += 1) {
		story.sendWhole('ada', 'bob');
		if (i < 3) story.sendWhole('eve', 'bob');
	}
	story.read('bob');
	return story;
}

const heardSignals = (story: Story) =>
	story.device('bob').heard.filter((one): one is Extract<Heard, { type: 'signal' }> => one.type === 'signal');

describe('a whole run', () => {
	test('everything took effect -> nothing to complain of', () => {
		const { violations, counts } = judge(wholeStory().history);
		expect(violations).toEqual([]);
		expect(counts).toMatchObject({ queued: 8, acknowledged: 8, tookEffect: 8, epochsRisen: 0 });
	});

	test('an epoch that both ends saw rise takes what was unread with it', () => {
		const story = wholeStory();
		story.sendWhole('ada', 'bob');
		story.raise('bob');
		story.hearOfEpoch('bob');
		story.seeEpoch('ada', 'bob');
		story.seeEpoch('eve', 'bob');
		story.sendWhole('ada', 'bob');
		story.read('bob');
		const { violations, counts } = judge(story.history);
		expect(violations).toEqual([]);
		expect(counts).toMatchObject({ acknowledged: 10, tookEffect: 9, wentWithEpoch: 1, epochsRisen: 1 });
	});

	test('a page that was reloaded: what waited for it went with it, and the others saw it go', () => {
		const story = wholeStory();
		story.sendWhole('ada', 'bob');
		story.device('bob').endedAt = 2_500;
		story.device('ada').seenGone.add('bob');
		const { violations, counts } = judge(story.history);
		expect(violations).toEqual([]);
		expect(counts).toMatchObject({ wentWithDevice: 1 });
		story.device('ada').seenGone.delete('bob');
		expect(faults(story)).toContain('unequal-epochs');
	});

	test('refused and never stored is what a refusal means', () => {
		const story = wholeStory();
		story.signal(story.queue('ada', 'bob')).refusedAt = 5;
		expect(found(story)).toEqual([]);
	});
});

describe('what is complained of', () => {
	test('acknowledged and never stored -> lost', () => {
		const story = wholeStory();
		story.acknowledge(story.queue('ada', 'bob'));
		expect(found(story)).toEqual([['lost', 9]]);
	});

	test('stored, and passed by the reader -> lost, with the hole it left', () => {
		const story = wholeStory();
		const bob = story.device('bob');
		bob.heard = bob.heard.filter((one) => one.type !== 'signal' || one.number !== 4);
		expect(found(story)).toEqual([
			['out-of-order', 5],
			['lost', 4]
		]);
	});

	test('the last one, never read -> lost, and its reader stands behind', () => {
		const story = wholeStory();
		story.device('bob').heard.pop();
		expect(found(story)).toEqual([
			['behind', null],
			['lost', 8]
		]);
	});

	test('took effect twice -> doubled', () => {
		const story = wholeStory();
		const again = heardSignals(story)[2]!;
		story.device('bob').heard.splice(5, 0, again);
		expect(found(story)).toContainEqual(['doubled', again.number]);
	});

	test('stored twice and read twice, in its mailbox’s order -> doubled', () => {
		const story = wholeStory();
		story.store(3);
		const at = story.mailboxes.get('bob')!;
		story.device('bob').heard.push({ type: 'signal', number: 3, at, when: 1 });
		expect(found(story)).toContainEqual(['doubled', 3]);
	});

	test('two of one sender, stored in the wrong order -> out of order', () => {
		const story = new Story('ada', 'bob', 'eve');
		const first = story.queue('ada', 'bob');
		const second = story.queue('ada', 'bob');
		for (const number of [second, first]) {
			story.store(number);
			story.acknowledge(number);
		}
		story.read('bob');
		expect(found(story)).toEqual([['out-of-order', first]]);
	});

	test('shown before it was committed -> never stored', () => {
		const story = wholeStory();
		story.stored = story.stored.filter(({ number }) => number !== 8);
		expect(found(story)).toContainEqual(['never-stored', 8]);
	});

	test('took effect at somebody else', () => {
		const story = wholeStory();
		story.device('eve').heard.push({ type: 'signal', number: 2, at: { epoch: 1, seq: 1 }, when: 1 });
		story.mailboxes.set('eve', { epoch: 1, seq: 1 });
		expect(faults(story)).toContain('never-stored');
	});

	test('an epoch that only its reader saw rise -> unequal epochs', () => {
		const story = wholeStory();
		const void_ = story.sendWhole('ada', 'bob');
		story.raise('bob');
		story.hearOfEpoch('bob');
		story.seeEpoch('eve', 'bob');
		expect(found(story)).toEqual([
			['unequal-epochs', null],
			['unequal-epochs', void_]
		]);
	});

	test('an epoch that only the senders saw rise -> lost, and behind', () => {
		const story = wholeStory();
		const void_ = story.sendWhole('ada', 'bob');
		story.raise('bob');
		story.seeEpoch('ada', 'bob');
		story.seeEpoch('eve', 'bob');
		expect(found(story)).toEqual([
			['behind', null],
			['lost', void_]
		]);
	});

	test('refused, and in the mailbox all the same', () => {
		const story = wholeStory();
		const number = story.queue('ada', 'bob');
		story.store(number);
		story.read('bob');
		story.signal(number).refusedAt = 5;
		expect(found(story)).toEqual([['refused-yet-stored', number]]);
	});

	test('neither acknowledged nor refused at the end -> unsettled, unless its sender is gone', () => {
		const story = wholeStory();
		const number = story.queue('ada', 'bob');
		expect(found(story)).toEqual([['unsettled', number]]);
		story.device('ada').endedAt = 5;
		expect(found(story)).toEqual([]);
	});

	test('a device given up while its mailbox is there', () => {
		const story = wholeStory();
		story.device('bob').forgottenAt = 5;
		expect(found(story)).toContainEqual(['forgotten-wrongly', null]);
	});
});

test('any run of sends and reads is whole; any one effect taken out, repeated or moved is seen', () => {
	const names = ['ada', 'bob', 'eve'] as const;
	const step = fc.record({ from: fc.nat(2), to: fc.nat(1), read: fc.boolean() });
	fc.assert(
		fc.property(
			fc.array(step, { minLength: 4, maxLength: 60, size: 'max' }),
			fc.nat(),
			fc.nat(2),
			(steps, where, how) => {
				const story = new Story(...names);
				for (const { from, to, read } of steps) {
					const sender = names[from]!;
					const receiver = names.filter((name) => name !== sender)[to]!;
					story.sendWhole(sender, receiver);
					if (read) story.read(receiver);
				}
				for (const name of names) story.read(name);
				expect(judge(story.history).violations).toEqual([]);

				const busiest = [...story.devices.values()].sort((a, b) => b.heard.length - a.heard.length)[0]!;
				const at = where % busiest.heard.length;
				const one = busiest.heard[at]!;
				if (how === 0) busiest.heard.splice(at, 1);
				else if (how === 1) busiest.heard.splice(at, 0, one);
				else {
					fc.pre(busiest.heard.length > 1);
					const other = at === 0 ? 1 : at - 1;
					[busiest.heard[at], busiest.heard[other]] = [busiest.heard[other]!, one];
				}
				const kinds = faults(story);
				expect(kinds).toContain(how === 0 ? 'lost' : how === 1 ? 'doubled' : 'out-of-order');
			}
		)
	);
});
