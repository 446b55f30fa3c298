import { isIPv6 } from 'node:net';

/**
 * The address by which attempts are counted: an IPv4 address, or the first 64 bits of an IPv6 one, since a
 * single household has all the addresses below them.
 */
export function addressKey(ip: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
	if (mapped?.[1]) return mapped[1];
	const [bare = ''] = ip.split('%');
	if (!isIPv6(bare)) return ip;
	const [left = '', right] = bare.toLowerCase().split('::');
	const head = left ? left.split(':') : [];
	// With '::' the groups in the middle are zero; only those before the last four matter here.
	const tail = right ? right.split(':') : [];
	const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
	const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4);
	return groups.map((group) => parseInt(group, 16).toString(16)).join(':');
}
