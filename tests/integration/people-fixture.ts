import { afterAll, beforeAll, beforeEach } from 'vitest';
import { testProduct, type Person, type Product } from '../fixtures/product';

// Whose test file imports these has, in each test anew, Ann and Bob with a direct room and a device each; and Cat, who is in no
// room with them. All on one product, with a database of its own for the file.

export let product: Product;
export let ann: Person;
export let bob: Person;
export let cat: Person;
export let roomId: string;
export let annDevice: string;
export let bobDevice: string;

export const media = { microphoneEnabled: true, cameraEnabled: true };

beforeAll(async () => {
	product = await testProduct();
});
afterAll(() => product.close());

beforeEach(async () => {
	[ann, bob, cat] = [await product.person('Ann'), await product.person('Bob'), await product.person('Cat')];
	roomId = (await ann.api.rooms.openDirect({ username: bob.username })).id;
	annDevice = (await ann.api.inbox.open()).deviceId;
	bobDevice = (await bob.api.inbox.open()).deviceId;
});

/** Ann calls Bob. */
export const startCall = () => ann.api.calls.start({ roomId, deviceId: annDevice, kind: 'video', ...media });
export const accept = (callId: string) => bob.api.calls.accept({ callId, deviceId: bobDevice, ...media });
