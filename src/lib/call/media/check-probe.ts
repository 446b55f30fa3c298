import { typeOfCandidate } from '../core/connection-report';
import type { ProbeEvent } from '../core/connection-check';
import type { IceConfig } from './ice-config';
import { configurationOf } from './peer-connection';

export type ProbeOptions = {
	readonly ice: IceConfig;
	/** `pair` brings up a connection within this page and sends bytes over it; `gather` only looks what candidates come. */
	readonly aim: 'pair' | 'gather';
	readonly on: (event: ProbeEvent) => void;
};

export type OpenProbe = (options: ProbeOptions) => () => void;

/** More than one packet holds. */
const BYTES = 4_096;

/**
 * Opens real connections for a check, configured as those of a call are. Candidates go straight from one to the other and
 * nowhere else.
 *
 * @returns a function that closes all of it; nothing is told from then on
 */
export const openProbe: OpenProbe = ({ ice, aim, on }) => {
	const opened: RTCPeerConnection[] = [];
	let closed = false;
	const tell = (event: ProbeEvent) => {
		if (!closed) on(event);
	};
	const open = () => {
		const connection = new RTCPeerConnection(configurationOf(ice));
		opened.push(connection);
		return connection;
	};

	async function probe(): Promise<void> {
		const near = open();
		listen(near, tell);
		const channel = near.createDataChannel('check');
		if (aim === 'gather') return near.setLocalDescription();
		const far = open();
		const described = describeBoth(near, far);
		pass(near, far, described);
		pass(far, near, described);
		echo(far);
		expectEcho(channel, () => tell({ type: 'echoed' }));
		await described;
	}

	// Not within this call: whoever hears of it then has what to close it with.
	queueMicrotask(() => {
		if (!closed) probe().catch(() => tell({ type: 'broken' }));
	});
	return () => {
		closed = true;
		for (const connection of opened) connection.close();
	};
};

function listen(connection: RTCPeerConnection, tell: (event: ProbeEvent) => void): void {
	connection.addEventListener('icecandidate', ({ candidate }) => {
		if (candidate === null) return tell({ type: 'gathered' });
		const type = typeOfCandidate(candidate.candidate);
		if (type) tell({ type: 'candidate', candidate: type });
	});
	connection.addEventListener('icecandidateerror', ({ errorCode }) =>
		tell({ type: 'ice-error', code: errorCode })
	);
}

async function describeBoth(near: RTCPeerConnection, far: RTCPeerConnection): Promise<void> {
	await near.setLocalDescription();
	if (near.localDescription) await far.setRemoteDescription(near.localDescription);
	await far.setLocalDescription();
	if (far.localDescription) await near.setRemoteDescription(far.localDescription);
}

/** Candidates wait until the other side is described. */
function pass(from: RTCPeerConnection, to: RTCPeerConnection, described: Promise<void>): void {
	from.addEventListener('icecandidate', ({ candidate }) => {
		if (!candidate?.candidate) return;
		// It rejects when the check is over meanwhile.
		described.then(() => to.addIceCandidate(candidate)).catch(() => undefined);
	});
}

function echo(far: RTCPeerConnection): void {
	far.addEventListener('datachannel', ({ channel }) => {
		channel.binaryType = 'arraybuffer';
		channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => channel.send(data));
	});
}

function expectEcho(channel: RTCDataChannel, onEcho: () => void): void {
	const sent = crypto.getRandomValues(new Uint8Array(BYTES));
	channel.binaryType = 'arraybuffer';
	channel.addEventListener('open', () => channel.send(sent));
	channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
		const back = new Uint8Array(data);
		if (back.length === sent.length && back.every((byte, at) => byte === sent[at])) onEcho();
	});
}
