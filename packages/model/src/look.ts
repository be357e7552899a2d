/**
 * How a person likes to see things: theme, density, and how times and numbers are written. Part of their preferences, so that
 * every browser of theirs shows the same.
 */

/** How one person's screens look. */
export interface Look {
  readonly theme: 'dark' | 'light' | 'system';
  readonly density: 'comfortable' | 'dense';
  /** `Europe/Berlin`; null: the browser's own. */
  readonly zone: string | null;
  /** `de-DE`, for numbers and dates; null: the browser's own. */
  readonly locale: string | null;
  readonly hours: '12' | '24';
  /** The rail at the left; `auto` goes by the room there is. */
  readonly rail: 'auto' | 'open' | 'slim';
  /** How often numbers of a dashboard move: as they come, or at most each second or five. */
  readonly refresh: '1s' | '5s' | 'live';
  readonly [field: string]: string | null;
}

/** What may be said of it; what is left out keeps its value. */
export interface LookInput {
  readonly theme?: Look['theme'] | undefined;
  readonly density?: Look['density'] | undefined;
  readonly zone?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly hours?: Look['hours'] | undefined;
  readonly rail?: Look['rail'] | undefined;
  readonly refresh?: Look['refresh'] | undefined;
}

/** For a person who never said anything. */
export const lookDefaults: Look = Object.freeze({
  theme: 'system',
  density: 'comfortable',
  zone: null,
  locale: null,
  hours: '24',
  rail: 'auto',
  refresh: '1s',
});
