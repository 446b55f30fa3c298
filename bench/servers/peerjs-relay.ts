// PeerJS's own server, as it comes.
import { PeerServer } from 'peer';
import { sayReady } from './listen';

PeerServer({ host: '127.0.0.1', port: 0, path: '/' }, sayReady);
