/** By which servers, and by which kinds of path, a connection may be made. */
export type IceConfig = {
	readonly iceServers: RTCIceServer[];
	readonly iceTransportPolicy: RTCIceTransportPolicy;
};

/** Whether this person's addresses are known to nobody but the operator's own servers. */
export function isRelayOnly({ iceTransportPolicy }: IceConfig): boolean {
	return iceTransportPolicy === 'relay';
}

/**
 * @param iceServers null as long as the server could not be asked
 * @param hidesAddress what the person chose
 */
export function iceConfigOf(iceServers: RTCIceServer[] | null, hidesAddress: boolean): IceConfig {
	// Without a TURN server there would be no path at all. Not knowing whether there is one is another matter: who
	// waits can still be connected, and an address that was told cannot be taken back.
	const relayOnly = hidesAddress && (iceServers === null || hasRelay(iceServers));
	return { iceServers: iceServers ?? [], iceTransportPolicy: relayOnly ? 'relay' : 'all' };
}

export function hasRelay(iceServers: readonly RTCIceServer[]): boolean {
	return iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));
}
