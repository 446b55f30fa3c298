import type { TurnAddress } from './ice-urls';
import { openTurnClient, type TurnCredentials } from './turn-client';

const REFUSALS: Record<number, string> = {
	401: 'it refuses our credentials: TURN_SECRET is not its static-auth-secret, or its clock is wrong',
	486: 'its quota is used up',
	508: 'it has no relay port left'
};

/** Whoever may relay to these reaches the TURN server's own machine, or the keys of its cloud. */
const NEVER = {
	IPv4: ['127.0.0.1', '0.0.0.0', '169.254.169.254'],
	IPv6: ['::1', '::ffff:127.0.0.1', '::ffff:169.254.169.254']
} as const;

/**
 * Asks a TURN server for what a call asks it for, and for what it must refuse. Sends nothing to anybody else.
 *
 * @returns what is wrong with it; null when nothing is
 */
export async function checkTurn(address: TurnAddress, credentials: TurnCredentials): Promise<string | null> {
	try {
		return (await askFor('IPv4', address, credentials)) ?? (await askFor('IPv6', address, credentials));
	} catch (error) {
		const { message, code } = error as { message?: string; code?: string };
		return message || code || 'it cannot be reached';
	}
}

async function askFor(
	family: keyof typeof NEVER,
	address: TurnAddress,
	credentials: TurnCredentials
): Promise<string | null> {
	const client = await openTurnClient(address, credentials);
	try {
		const code = await client.allocate(family);
		// Many have no IPv6 to relay by: then it reaches nobody there.
		if (code !== 0 && family === 'IPv6') return null;
		if (code !== 0) return REFUSALS[code] ?? `it gives no relay address (${code})`;
		const reached: string[] = [];
		for (const ip of NEVER[family]) {
			if ((await client.permit(ip)) === 0) reached.push(ip);
		}
		return reached.length === 0
			? null
			: `it relays to ${reached.join(' and ')}: deny what deploy/turnserver.conf denies`;
	} finally {
		await client.close();
	}
}
