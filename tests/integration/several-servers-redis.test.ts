import { startRedis } from '../fixtures/redis';
import { describeSeveralServers } from './several-servers-suite';

describeSeveralServers('Redis', {
	counts: [2, 3],
	async start() {
		const redis = await startRedis();
		return { env: { REDIS_URL: redis.url }, redis, close: redis.close };
	},
	medianBelowMs: 500,
	faults: {
		'a Redis that hangs with its connections up':
			({ redis }) =>
			async () => {
				redis.suspend();
				return redis.proceed;
			},
		'a Redis that is killed, and started again':
			({ redis }) =>
			async () => {
				await redis.kill();
				return () => void redis.startAgain();
			}
	}
});
