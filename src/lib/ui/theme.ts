/** How buttons look. Kept apart from the components, so that a link can look like a button. */
export type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'success' | 'ghost';
export type ButtonSize = 'sm' | 'md' | 'lg';
/** What a banner or a toast is about. */
export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'problem';

const VARIANTS: Record<ButtonVariant, string> = {
	primary: 'bg-accent text-accent-ink hover:bg-accent-hover',
	secondary: 'border border-line bg-raised text-ink hover:bg-hover',
	danger: 'bg-danger text-white hover:bg-danger-hover',
	success: 'bg-success text-white hover:bg-success-hover',
	ghost: 'text-ink hover:bg-hover'
};

const BASE =
	'inline-flex shrink-0 items-center justify-center font-medium whitespace-nowrap transition-colors select-none ' +
	'disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-60';

const SIZES: Record<ButtonSize, string> = {
	sm: 'h-9 gap-1.5 rounded-lg px-3 text-sm',
	md: 'h-10 gap-2 rounded-xl px-4',
	lg: 'h-12 gap-2 rounded-xl px-5 text-base'
};

const ICON_SIZES: Record<ButtonSize, string> = {
	sm: 'size-9 rounded-lg',
	md: 'size-10 rounded-xl',
	lg: 'size-12 rounded-full'
};

export function buttonClass(variant: ButtonVariant, size: ButtonSize): string {
	return `${BASE} ${VARIANTS[variant]} ${SIZES[size]}`;
}

/** A square button that shows an icon only. */
export function iconButtonClass(variant: ButtonVariant, size: ButtonSize): string {
	return `${BASE} ${VARIANTS[variant]} ${ICON_SIZES[size]}`;
}

export const TONES: Record<Tone, string> = {
	neutral: 'border-line bg-raised text-ink',
	info: 'border-transparent bg-accent-soft text-accent-text',
	success: 'border-transparent bg-success-soft text-success-text',
	warning: 'border-transparent bg-warning-soft text-warning-text',
	problem: 'border-transparent bg-danger-soft text-danger-text'
};

const AVATAR_COLOURS = [
	'bg-indigo-700',
	'bg-teal-700',
	'bg-rose-700',
	'bg-sky-700',
	'bg-amber-800',
	'bg-violet-700',
	'bg-emerald-700',
	'bg-fuchsia-800'
] as const;

/** The same id has the same colour everywhere, for everybody. */
export function avatarColour(id: string): string {
	let hash = 0;
	for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
	return AVATAR_COLOURS[hash % AVATAR_COLOURS.length] ?? AVATAR_COLOURS[0];
}

/** "Ada Lovelace" -> "AL", "bob" -> "B". */
export function initials(name: string): string {
	const words = name.trim().split(/\s+/u).filter(Boolean);
	const first = [...(words[0] ?? '?')][0] ?? '?';
	const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
	return (first + last).toLocaleUpperCase();
}
