import type { Layout } from '../session/layout-choice';
import { fitGrid, GAP_PX, pictureArea, type Rect, type Size } from './grid-fit';

/** Our own tile. The others are named by their device, and screens by `screenKey`. */
export const OWN = 'own';
export const screenKey = (deviceId: string): string => `screen:${deviceId}`;

export type StageWish = {
	readonly room: Size;
	/** The other devices, in the order of their seats. */
	readonly people: readonly string[];
	/** The screens that they share. */
	readonly screens: readonly string[];
	readonly layout: Layout;
	/** The tile that is to be large, whatever happens. */
	readonly pinned: string | null;
	/** The tile that is to be seen alone. */
	readonly only: string | null;
	/** Who has the floor. */
	readonly speaker: string | null;
};

export type StagePlan = {
	/** Every tile that is seen, and where. */
	readonly places: ReadonlyMap<string, Rect>;
	/** Ours lies upon another one. */
	readonly cornered: boolean;
};

/**
 * Says where each tile of a call is. What is pinned is large, or else the screens that are shared, or else, where one wants
 * it, who speaks; the others are in a strip beside it. With nothing large, all are alike. In a call of two, ours is
 * small in a corner.
 */
export function planStage(wish: StageWish): StagePlan {
	const { room, people, screens, only } = wish;
	const all = [...screens, ...people, OWN];
	if (room.width <= 0 || room.height <= 0) return { places: new Map(), cornered: false };
	if (only !== null && all.includes(only)) return { places: placesIn(room, [only]), cornered: false };

	if (people.length < 2 && screens.length === 0) {
		const places = placesIn(room, people);
		places.set(OWN, cornerOf(room));
		return { places, cornered: true };
	}
	const large = largeOf(wish);
	if (large.length === 0) return { places: placesIn(room, all), cornered: false };
	const { main, strip } = split(room, large.every(isScreen));
	const rest = all.filter((key) => !large.includes(key));
	return {
		places: new Map([...placesIn(main, large), ...placesIn(strip, rest, UPRIGHT_IN_STRIP)]),
		cornered: false
	};
}

/** Who is large of the people; null when nobody is. */
export function largePerson(wish: Omit<StageWish, 'room' | 'only'>): string | null {
	return largeOf(wish).find((key) => wish.people.includes(key)) ?? null;
}

function largeOf({ people, screens, layout, pinned, speaker }: Omit<StageWish, 'room' | 'only'>): string[] {
	if (pinned !== null && [...people, ...screens].includes(pinned)) return [pinned];
	if (screens.length > 0) return [...screens];
	if (layout === 'grid' || people.length < 2) return [];
	const [first] = people;
	const heard = speaker !== null && people.includes(speaker) ? speaker : first;
	return heard === undefined ? [] : [heard];
}

/**
 * The order of the tiles: that of joining, while nobody is large. Whoever becomes large changes seats with who was, and
 * nobody else moves.
 *
 * @param before the seats until now, the large one's first
 * @param present who is in the call, in the order of joining
 */
export function takeSeats(
	before: readonly string[],
	present: readonly string[],
	large: string | null
): string[] {
	if (large === null) return [...present];
	const kept = before.filter((one) => present.includes(one));
	const seats = [...kept, ...present.filter((one) => !kept.includes(one))];
	const at = seats.indexOf(large);
	const [first] = seats;
	if (at <= 0 || first === undefined) return seats;
	seats[0] = large;
	seats[at] = first;
	return seats;
}

const isScreen = (key: string) => key.startsWith('screen:');

function placesIn(
	room: Size & { x?: number; y?: number },
	keys: readonly string[],
	tallest?: number
): Map<string, Rect> {
	// A screen is shown whole: it takes the room there is.
	const shape = keys.length > 0 && keys.every(isScreen) ? 'free' : 'picture';
	const rects = fitGrid(room, keys.length, { shape, ...(tallest && { tallest }) });
	const { x: left = 0, y: top = 0 } = room;
	const places = new Map<string, Rect>();
	keys.forEach((key, index) => {
		const rect = rects[index];
		if (rect) places.set(key, { ...rect, x: rect.x + left, y: rect.y + top });
	});
	return places;
}

/** Small and upright, a tile would show little of a face. */
const UPRIGHT_IN_STRIP = 1;
/** As a strip is wide, or high where it is below. */
const STRIP_SHARE = 0.2;
const NARROWEST_STRIP_PX = 88;
const WIDEST_STRIP_SHARE = 0.36;
const SCREEN_SHAPE = 16 / 9;

/** Beside or below: wherever more is left for what is large. */
function split(room: Size, screens: boolean): { main: Rect; strip: Rect } {
	const shape = screens ? SCREEN_SHAPE : undefined;
	const beside = sideStrip(room);
	const below = bottomStrip(room);
	return pictureArea(beside.main, shape) >= pictureArea(below.main, shape) ? beside : below;
}

function sideStrip({ width, height }: Size): { main: Rect; strip: Rect } {
	// What the large one could not use anyway, the others have.
	const spare = width - GAP_PX - Math.floor(height * SCREEN_SHAPE);
	const thickness = stripOf(width, spare);
	const left = Math.max(0, width - GAP_PX - thickness);
	return {
		main: { x: 0, y: 0, width: left, height },
		strip: { x: left + GAP_PX, y: 0, width: thickness, height }
	};
}

function bottomStrip({ width, height }: Size): { main: Rect; strip: Rect } {
	const spare = height - GAP_PX - Math.floor((width * 3) / 4);
	const thickness = stripOf(height, spare);
	const top = Math.max(0, height - GAP_PX - thickness);
	return {
		main: { x: 0, y: 0, width, height: top },
		strip: { x: 0, y: top + GAP_PX, width, height: thickness }
	};
}

function stripOf(length: number, spare: number): number {
	const wanted = Math.max(NARROWEST_STRIP_PX, Math.floor(length * STRIP_SHARE), spare);
	return Math.max(0, Math.min(wanted, Math.floor(length * WIDEST_STRIP_SHARE)));
}

const CORNER_INSET_PX = 12;

/** Upright where the room is, as a phone's camera is too. */
function cornerOf({ width, height }: Size): Rect {
	const upright = height > width;
	const high = Math.floor(upright ? Math.min(192, 0.3 * height) : Math.min(156, 0.4 * height));
	const wide = Math.floor(Math.min(upright ? (high * 3) / 4 : (high * 4) / 3, 0.4 * width));
	const size = { width: wide, height: high };
	return {
		...size,
		x: Math.max(0, width - size.width - CORNER_INSET_PX),
		y: Math.max(0, height - size.height - CORNER_INSET_PX)
	};
}
