import type { CurrentCall } from '../session/view';

/** Who shares a screen: their names by device. */
export type Sharers = ReadonlyMap<string, string>;

/** Stands for our own device, whatever its id is. */
const OWN = 'own';

export function sharersOf({ local, remotes }: Pick<CurrentCall, 'local' | 'remotes'>): Sharers {
	const others = remotes.filter((remote) => remote.screenEnabled);
	const names = new Map(others.map((remote) => [remote.deviceId, remote.displayName]));
	if (local.screen === 'on') names.set(OWN, 'You');
	return names;
}

/** What to say of the step from one to the next: "Ann is sharing their screen". Empty when nothing changed. */
export function screenNews(before: Sharers, now: Sharers): string {
	const began = [...now].filter(([deviceId]) => !before.has(deviceId));
	const ended = [...before].filter(([deviceId]) => !now.has(deviceId));
	return [
		...began.map(([deviceId, name]) =>
			deviceId === OWN ? 'You are sharing your screen.' : `${name} is sharing their screen.`
		),
		...ended.map(([deviceId, name]) =>
			deviceId === OWN ? 'You stopped sharing your screen.' : `${name} stopped sharing their screen.`
		)
	].join(' ');
}
