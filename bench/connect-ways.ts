import type { Marks } from './connect-marks';

/** How two people's pages come together; the product's by each rung that they may be held to. */
export const WAYS = ['one page', 'PeerJS', 'websocket', 'sse', 'long-poll'] as const;
export type Way = (typeof WAYS)[number];

/** What the pages of one call noted; in one page both are the same. */
export type Sight = { callee: Marks; caller: Marks };

export type ConnectCommand =
	/** Opens the browser with all pages. */
	| { type: 'begin'; parley: string; peerJs: string }
	/** One call, cameras open before it is accepted. Answers a `Sight`. */
	| { type: 'connect'; way: Way }
	/** Opens microphone and camera where none is open. Answers milliseconds. */
	| { type: 'camera' }
	| { type: 'end' };

/** Chromium's fake camera: a frame is up to 50 ms away. */
export const FRAMES_A_SECOND = 20;
