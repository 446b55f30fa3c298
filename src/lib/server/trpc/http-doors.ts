import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorKey } from '../../call/core/errors';
import { failureShape } from './failure-response';
import { MAX_PAYLOAD_BYTES, MAX_URL_LENGTH, STUCK_READER_MS } from './limits';

const STREAM_PATH = '/trpc/inbox.stream';

function refuse(response: ServerResponse, status: number, key: ErrorKey): void {
	const error = failureShape(key);
	// Whatever is still to come of this request is not read.
	response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
	response.end(JSON.stringify({ error: { ...error, data: { ...error.data, httpStatus: status } } }));
}

/**
 * Turns away what is too large before anybody reads it. A body that does not say its length is cut off by Kit at the
 * same limit.
 *
 * @returns whether the request was answered
 */
export function refuseTooLarge(request: IncomingMessage, response: ServerResponse): boolean {
	const { url = '', headers } = request;
	if (url.length > MAX_URL_LENGTH) {
		refuse(response, 414, 'request/too-large');
		return true;
	}
	if (Number(headers['content-length'] ?? 0) > MAX_PAYLOAD_BYTES) {
		refuse(response, 413, 'request/too-large');
		return true;
	}
	// A stream says something every 10 s. One on which nothing moves for longer has a reader that does not read.
	if (url.startsWith(STREAM_PATH)) response.setTimeout(STUCK_READER_MS, () => response.destroy());
	return false;
}
