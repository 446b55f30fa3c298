// The least a relay can do on `ws`: it reads to whom, and says from whom. Keeps nothing.
import { createServer } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { listen } from './listen';

const server = createServer();
const sockets = new Map<string, WebSocket>();

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
	const id = new URL(request.url ?? '/', 'ws://localhost').searchParams.get('id') ?? '';
	sockets.set(id, socket);
	socket.on('close', () => sockets.delete(id));
	socket.on('message', (data: Buffer) => {
		const { to, signal } = JSON.parse(data.toString()) as { to: string; signal: unknown };
		sockets.get(to)?.send(JSON.stringify({ from: id, signal }));
	});
});
listen(server);
