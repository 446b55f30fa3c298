import type { Reaction } from '../core/channel-message';

/** How a reaction looks, what its button is called, and how one tells of it. */
export const REACTIONS: Record<
	Reaction,
	{ readonly emoji: string; readonly label: string; readonly words: string }
> = {
	'thumbs-up': { emoji: '👍', label: 'Thumbs up', words: 'a thumbs up' },
	heart: { emoji: '❤️', label: 'Heart', words: 'a heart' },
	laughter: { emoji: '😂', label: 'Laughter', words: 'laughter' },
	surprise: { emoji: '😮', label: 'Surprise', words: 'surprise' },
	applause: { emoji: '👏', label: 'Applause', words: 'applause' },
	celebration: { emoji: '🎉', label: 'Celebration', words: 'celebration' }
};

/** "Bob reacts with applause". @param name null for ourselves */
export function reactionWords(name: string | null, reaction: Reaction): string {
	return `${name === null ? 'You react' : `${name} reacts`} with ${REACTIONS[reaction].words}`;
}
