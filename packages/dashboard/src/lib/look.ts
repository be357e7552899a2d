/**
 * How this person's screens look. What the browser kept is shown first, before the server was asked; their preferences, which
 * live/look.ts follows, then decide in every tab and browser of theirs. public/theme.js reads the theme by the same key
 * before the first paint.
 */
import { type Look, lookDefaults } from '@statewire/model';
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { env } from './env.ts';

export type LookPart = {
  readonly [K in 'density' | 'hours' | 'locale' | 'rail' | 'refresh' | 'theme' | 'zone']?: Look[K];
};

/** How things look now. The same object until something is chosen. */
export function lookNow(): Look {
  now ??= kept();
  return now;
}

export function useLook(): Look {
  return useSyncExternalStore(onLook, lookNow);
}

/** Runs with every change until the returned function is called. */
export function onLook(run: () => void): () => void {
  listeners.add(run);
  return () => listeners.delete(run);
}

/** The person chooses: shown at once, kept here, and told to the server as soon as there is a way. */
export function chooseLook(part: LookPart): void {
  show({ ...lookNow(), ...part });
  if (tell === null) untold = { ...untold, ...part };
  else tell(part);
}

/** What the person's preferences say; null: nothing yet. What somebody else left in this browser is not theirs. */
export function adoptLook(look: Look | null, person: string): void {
  const whose = env.read('look-of');
  if (whose !== person) env.write('look-of', person);
  // What is kept without a name was chosen before looks had one.
  if (look !== null) show({ ...lookDefaults, ...look });
  else if (whose !== null && whose !== person) show(lookDefaults);
}

/** Who takes choices to the server, and what was chosen before it came; null when nobody is signed in. */
export function lookThrough(next: ((part: LookPart) => void) | null): void {
  tell = next;
  if (next === null || untold === null) return;
  next(untold);
  untold = null;
}

/**
 * A word that changes when times are to be written anew, so that the page can be. Not while somebody is at a field or a dialog:
 * what they have typed is worth more, and the next page is right by itself.
 */
export function useTimes(): string {
  const [word, setWord] = useState(timesOf);
  const back = useRef<(() => void) | null>(null);
  useEffect(
    () =>
      onLook(() => {
        if (document.activeElement?.matches('input, select, textarea') === true || hasDialog()) return;
        back.current = wayBack();
        setWord(timesOf());
      }),
    [],
  );
  // The page is drawn anew, and with it the button that was pressed: the focus goes to the one in its place.
  useLayoutEffect(() => {
    back.current?.();
    back.current = null;
  });
  return word;
}

/** How to find what has the focus in a page that is the same but for its times; null where nothing has. */
function wayBack(): (() => void) | null {
  const was = document.activeElement;
  if (was === null || was.closest('#content') === null) return null;
  const likes = (): readonly HTMLElement[] => [
    ...document.querySelectorAll<HTMLElement>(`#content ${was.tagName.toLowerCase()}`),
  ];
  const at = likes().findIndex((each) => each === was);
  const { textContent } = was;
  return () => {
    const again = likes()[at];
    if (again?.textContent === textContent) again.focus({ preventScroll: true });
  };
}

let now: Look | null = null;
let tell: ((part: LookPart) => void) | null = null;
let untold: LookPart | null = null;
const listeners = new Set<() => void>();

function show(look: Look): void {
  const was = lookNow();
  const changed = KEYS.filter((key) => look[key] !== was[key]);
  if (changed.length === 0) return;
  for (const key of changed) env.write(key, look[key] === lookDefaults[key] ? null : look[key]);
  now = look;
  for (const run of listeners) run();
}

const KEYS = ['density', 'hours', 'locale', 'rail', 'refresh', 'theme', 'zone'] as const;

function kept(): Look {
  const among = <T extends string>(key: string, words: readonly T[], other: T): T =>
    words.find((word) => word === env.read(key)) ?? other;
  return {
    theme: among('theme', ['dark', 'light', 'system'], lookDefaults.theme),
    density: among('density', ['comfortable', 'dense'], lookDefaults.density),
    hours: among('hours', ['12', '24'], lookDefaults.hours),
    rail: among('rail', ['auto', 'open', 'slim'], lookDefaults.rail),
    refresh: among('refresh', ['1s', '5s', 'live'], lookDefaults.refresh),
    zone: env.read('zone'),
    locale: env.read('locale'),
  };
}

function timesOf(): string {
  const { zone, locale, hours } = lookNow();
  return [zone, locale, hours].join(' ');
}

function hasDialog(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;
}
