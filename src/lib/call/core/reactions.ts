import type { Reaction } from './channel-message';

/** How long a reaction is seen. The same one again begins its time anew. */
export const REACTION_SHOWN_MS = 4_000;
/** Different ones on one tile; the oldest makes room. */
export const MAX_REACTIONS_PER_TILE = 3;
/** A person sends no more than so many within so long: hands clap quicker, and nobody can read that. */
export const MAX_REACTIONS_SENT = 8;
export const REACTIONS_SENT_WITHIN_MS = 4_000;

/** One reaction on one tile. Several of a kind gather in it, so that clapping hands fill no tile. */
export type ShownReaction = {
	readonly deviceId: string;
	readonly reaction: Reaction;
	/** How often, since it is seen. */
	readonly count: number;
	readonly until: number;
};

/** Takes one more. Times are those of one clock, in milliseconds. */
export function showReaction(
	shown: readonly ShownReaction[],
	{ deviceId, reaction }: Pick<ShownReaction, 'deviceId' | 'reaction'>,
	now: number
): readonly ShownReaction[] {
	const standing = stillShown(shown, now);
	const until = now + REACTION_SHOWN_MS;
	const isSame = (one: ShownReaction) => one.deviceId === deviceId && one.reaction === reaction;
	if (standing.some(isSame)) {
		return standing.map((one) => (isSame(one) ? { ...one, count: one.count + 1, until } : one));
	}
	const onTile = standing.filter((one) => one.deviceId === deviceId);
	const [oldest] = onTile.length < MAX_REACTIONS_PER_TILE ? [] : onTile;
	return [...standing.filter((one) => one !== oldest), { deviceId, reaction, count: 1, until }];
}

export function stillShown(shown: readonly ShownReaction[], now: number): readonly ShownReaction[] {
	return shown.filter(({ until }) => until > now);
}

/**
 * @param sentAt when this person sent the last ones
 * @returns the same with this moment; null when it is too many
 */
export function mayReact(sentAt: readonly number[], now: number): readonly number[] | null {
	const lately = sentAt.filter((at) => at > now - REACTIONS_SENT_WITHIN_MS);
	return lately.length < MAX_REACTIONS_SENT ? [...lately, now] : null;
}
