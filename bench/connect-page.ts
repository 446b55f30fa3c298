/** The pages of `connect` that are not the product's: two peer connections in one page, and each end of a call by PeerJS. */
import { Peer, type MediaConnection } from 'peerjs';

type Who = 'Caller' | 'Callee';

function show(who: Who, stream: MediaStream): void {
	const name = `${who}'s video`;
	if (document.querySelector(`video[aria-label="${name}"]`)) return;
	const video = document.createElement('video');
	video.ariaLabel = name;
	video.autoplay = true;
	video.playsInline = true;
	video.srcObject = stream;
	document.body.append(video);
}

function showButton(press: () => void): void {
	const button = document.createElement('button');
	button.textContent = 'Accept';
	button.addEventListener('click', press, { once: true });
	document.body.append(button);
}

let hangUp = () => {};

function tidyUp(): void {
	hangUp();
	window.benchCamera.close();
	document.body.replaceChildren();
}

// --- two peer connections in one page ---

function ringHere(): void {
	showButton(() => {
		const ends = { Caller: new RTCPeerConnection(), Callee: new RTCPeerConnection() };
		hangUp = () => Object.values(ends).forEach((end) => end.close());
		connect(ends).catch((error: unknown) => console.error(error));
	});
}

/** Who accepts offers, as in the product. */
async function connect(ends: Record<Who, RTCPeerConnection>): Promise<void> {
	const { Caller: caller, Callee: callee } = ends;
	const { stream } = window.benchCamera;
	for (const [one, other, name] of [
		[caller, callee, 'Callee'],
		[callee, caller, 'Caller']
	] as const) {
		for (const track of stream.getTracks()) one.addTrack(track, stream);
		one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined);
		one.ontrack = ({ streams: [theirs] }) => theirs && show(name, theirs);
	}
	await callee.setLocalDescription();
	await caller.setRemoteDescription(callee.localDescription!);
	await caller.setLocalDescription();
	await callee.setRemoteDescription(caller.localDescription!);
}

// --- PeerJS ---

let peer: Peer;
let rang: (call: MediaConnection) => void = () => {};

/** No servers to find addresses by, as in the product here: it would ask Google's. */
function openPeerJs(server: string, who: Who): Promise<void> {
	const { hostname: host, port } = new URL(server);
	peer = new Peer(who, { host, port: Number(port), path: '/', secure: false, config: { iceServers: [] } });
	peer.on('call', (call) => rang(call));
	return new Promise((resolve, reject) => {
		peer.on('open', () => resolve());
		peer.on('error', reject);
		setTimeout(() => reject(new Error('PeerJS does not open.')), 10_000);
	});
}

function follow(call: MediaConnection, other: Who): void {
	hangUp = () => call.close();
	call.on('stream', (stream) => show(other, stream));
}

function ringByPeerJs(): void {
	follow(peer.call('Callee', window.benchCamera.stream), 'Callee');
}

/** From now on it rings. @returns when it does */
function awaitPeerJs(): { ringing: Promise<void> } {
	const ringing = new Promise<void>((resolve) => {
		rang = (call) => {
			follow(call, 'Caller');
			showButton(() => call.answer(window.benchCamera.stream));
			resolve();
		};
	});
	return { ringing };
}

const benchPage = { ringHere, openPeerJs, ringByPeerJs, awaitPeerJs, tidyUp };

declare global {
	interface Window {
		benchPage: typeof benchPage;
	}
}
window.benchPage = benchPage;
