import type { Api, RequestFacts } from '$lib/server/trpc/parley';

declare global {
	namespace App {
		interface Locals {
			/** Who is signed in; null for nobody. */
			identity: RequestFacts['identity'];
			/** The typed API, called on the server as this person. */
			api: Api;
			facts: RequestFacts;
		}
		interface Error {
			message: string;
			/** The failure's stable key, where it has one. */
			key?: string;
			/** Nobody answered: this device is offline, or the server is away. */
			away?: boolean;
		}
	}
}

export {};
