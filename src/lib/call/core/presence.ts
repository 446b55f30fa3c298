/** How somebody is to be found just now. `in-call`: with a device of theirs that is joined to any live call. */
export type Presence = 'online' | 'in-call' | 'do-not-disturb' | 'offline';

/** A member of a room, as its other members find them. */
export type MemberPresence = {
	readonly userId: string;
	readonly presence: Presence;
	/** Of who is offline, on the server's clock in Unix milliseconds; null for who was never here, or is. */
	readonly lastSeenAt: number | null;
};
