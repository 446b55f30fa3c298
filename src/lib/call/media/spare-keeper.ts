import { createSpareConnection, type SpareConnection } from './peer-connection';
import type { VideoCodec } from './video-codecs';

type Wanted = { readonly offersFirst: boolean; readonly codecs: readonly VideoCodec[] };

/** What a page does as it begins to ring is more urgent. */
const MADE_AFTER_MS = 250;

export type SpareKeeper = {
	/** A call may need such a connection soon; null: none does any more. Says nothing new when it is said again. */
	expect(wanted: Wanted | null): void;
	/** @returns null when none like that is kept: it has to be made then */
	take(wanted: Wanted): SpareConnection | null;
};

/** Keeps one connection ahead of the call that it is for. */
export function createSpareKeeper(make: typeof createSpareConnection = createSpareConnection): SpareKeeper {
	let expected: string | null = null;
	let kept: SpareConnection | null = null;
	let timer: ReturnType<typeof setTimeout> | undefined;

	function drop(): void {
		clearTimeout(timer);
		kept?.connection.close();
		kept = null;
		expected = null;
	}

	return {
		expect(wanted) {
			const name = wanted && nameOf(wanted);
			if (name === expected) return;
			drop();
			expected = name;
			if (wanted) timer = setTimeout(() => (kept = make(wanted.offersFirst, wanted.codecs)), MADE_AFTER_MS);
		},
		take(wanted) {
			const taken = nameOf(wanted) === expected ? kept : null;
			if (taken) kept = null;
			drop();
			return taken;
		}
	};
}

const nameOf = ({ offersFirst, codecs }: Wanted): string => [offersFirst, ...codecs].join();
