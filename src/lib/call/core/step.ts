/** What a pure machine answers: where it is now, and what somebody else must do about it. */
export type Step<State, Effect> = { readonly state: State; readonly effects: readonly Effect[] };

export function step<State, Effect>(state: State, ...effects: Effect[]): Step<State, Effect> {
	return { state, effects };
}

/** Makes a forgotten arm of a switch a compile error. */
export function assertNever(value: never): never {
	throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
