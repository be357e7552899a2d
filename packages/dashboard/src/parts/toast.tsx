/** What is said to the person in passing. Shown by toasts.tsx, which comes after the page. */
import { sentence } from '../lib/format.ts';
import type { Problem } from '../rest/request.ts';

/** Something that was said, and is shown until it was read. */
export interface Note {
  readonly id: number;
  readonly tone: 'done' | 'failed' | 'news' | 'urgent';
  readonly title: string;
  readonly detail: string;
  readonly action: NoteAction | null;
  /** A newer note of the same key takes the place of the older one. */
  readonly key: string | null;
}

/** What can be done about a note, in one or two words. */
export interface NoteAction {
  readonly label: string;
  readonly onSelect: () => void;
}

// A person reads the newest few; older ones make room.
const NOTES_MAX = 4;

let notes: readonly Note[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says that something was done. For what the page already shows, say nothing. */
export function done(title: string, detail: string = ''): void {
  add({ tone: 'done', title, detail, action: null, key: null });
}

/** Says that something could not be done, and why. */
export function failedToast(problem: Problem): void {
  add({
    tone: 'failed',
    title: sentence(problem.detail || problem.title),
    detail: sentence(problem.next),
    action: null,
    key: null,
  });
}

/** Says that something happened elsewhere. What is urgent stays longer and interrupts what is being read aloud. */
export function news(
  title: string,
  {
    detail = '',
    isUrgent = false,
    action = null,
    key = null,
  }: { detail?: string; isUrgent?: boolean; action?: NoteAction | null; key?: string | null } = {},
): void {
  add({ tone: isUrgent ? 'urgent' : 'news', title, detail, action, key });
}

/** Takes back what was said under a key: it was seen elsewhere. */
export function unsay(key: string): void {
  const rest = notes.filter((note) => note.key !== key);
  if (rest.length === notes.length) return;
  notes = rest;
  for (const listener of listeners) listener();
}

/** What is shown now, newest last. */
export function shownNotes(): readonly Note[] {
  return notes;
}

/** It was read, or its time is over. */
export function dropNote(id: number): void {
  notes = notes.filter((note) => note.id !== id);
  for (const listener of listeners) listener();
}

/** Calls back when other notes are shown than before. */
export function subscribeNotes(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function add(note: Omit<Note, 'id'>): void {
  lastId += 1;
  const others = note.key === null ? notes : notes.filter(({ key }) => key !== note.key);
  notes = [...others, { ...note, id: lastId }].slice(-NOTES_MAX);
  for (const listener of listeners) listener();
}
