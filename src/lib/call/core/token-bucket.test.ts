import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket';

test('a burst passes, then so many a second; the answer says when to come back', () => {
	const bucket = new TokenBucket({ burst: 3, perSecond: 10 }, 0);
	expect([1, 2, 3].map(() => bucket.take(1, 0))).toEqual([0, 0, 0]);
	expect(bucket.take(1, 0)).toBe(100);
	expect(bucket.take(1, 100)).toBe(100);
	expect(bucket.take(1, 300)).toBe(0);
});

test('a whole burst in debt is a flood; who stays away is forgiven', () => {
	const bucket = new TokenBucket({ burst: 3, perSecond: 10 }, 0);
	bucket.take(6, 0);
	expect(bucket.isFlooded).toBe(false);
	bucket.take(1, 0);
	expect(bucket.isFlooded).toBe(true);
	expect(bucket.take(1, 500)).toBe(0);
});

test('however the takes are spread, no more pass than the burst and the refill', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 5 })), { maxLength: 200, size: 'max' }),
			(takes) => {
				const bucket = new TokenBucket({ burst: 20, perSecond: 100 }, 0);
				let now = 0;
				let passed = 0;
				for (const [gapMs, count] of takes) {
					now += gapMs;
					if (bucket.take(count, now) === 0) passed += count;
				}
				expect(passed).toBeLessThanOrEqual(20 + now / 10 + 1e-6);
			}
		)
	);
});
