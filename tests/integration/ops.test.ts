import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PeerReport } from '../../src/lib/call/core/connection-report';
import { users } from '../../src/lib/server/db/schema';
import { readEnv } from '../../src/lib/server/env';
import { keyOf, testProduct, type Person, type Product } from '../fixtures/product';

const media = { microphoneEnabled: true, cameraEnabled: false };

let product: Product;
let ann: Person;
let bob: Person;
let operator: Product['services']['ops'] extends never ? never : Person;

/** Its name is known before it is made: it is a setting of the server. */
const OPERATOR = 'olga';

beforeAll(async () => {
	product = await testProduct({ PARLEY_OPERATORS: `somebody-else, ${OPERATOR.toUpperCase()}` });
	[ann, bob] = [await product.person('Ann'), await product.person('Bob')];
	operator = await product.person(OPERATOR);
});
afterAll(() => product.close());
