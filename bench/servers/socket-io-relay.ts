// The relay of every WebRTC tutorial: a room per client, and `to(room).emit`. Keeps nothing.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listen } from './listen';

const server = createServer();
const io = new Server(server, { transports: ['websocket'] });

io.on('connection', (socket) => {
	const id = String(socket.handshake.query.id);
	void socket.join(id);
	socket.on('signal', ({ to, signal }: { to: string; signal: unknown }) => {
		io.to(to).emit('signal', { from: id, signal });
	});
});
listen(server);
