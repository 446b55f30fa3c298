/** One connection that carries messages to every server and back. It is never mended: the keeper opens another. */
export type Line = {
	/** Settles when they are out. In order, also with what was sent before. */
	send(messages: readonly string[]): Promise<void>;
};

export type LineEvents = {
	onMessage: (text: string) => void;
	/** The connection is lost, or cannot be trusted. */
	onBroken: (error: unknown) => void;
	/** Ends the line at once, whatever state it is in, its opening too. */
	signal: AbortSignal;
};

/** Resolves when the line hears what is sent from now on. */
export type OpenLine = (events: LineEvents) => Promise<Line>;

/** Of the server's log, as much as a bus uses. */
export type BusLog = Record<'debug' | 'info' | 'warn', (facts: object, text: string) => void>;
