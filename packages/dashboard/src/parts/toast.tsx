import { Bell, CircleAlert, CircleCheck, type LucideIcon, OctagonAlert, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { type ReactNode, useSyncExternalStore } from 'react';
import { cx } from '../lib/cx.ts';
import { sentence } from '../lib/format.ts';
import type { Problem } from '../rest/request.ts';
import { Button } from './button.tsx';

interface Note {
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
const URGENT_MS = 20_000;

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

/** Where notes appear. Once per page. */
export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(subscribe, () => notes);
  return (
    <Radix.Provider duration={6000} swipeDirection="right">
      {shown.map((note) => (
        <Radix.Root
          key={note.id}
          type={note.tone === 'failed' || note.tone === 'urgent' ? 'foreground' : 'background'}
          {...(note.tone === 'urgent' ? { duration: URGENT_MS } : {})}
          onOpenChange={(open) => !open && remove(note.id)}
          className="overlay-in pane flex items-start gap-2.5 bg-raised py-3 pr-2 pl-3.5 shadow-overlay"
        >
          <Icon tone={note.tone} />
          <div className="min-w-0 flex-1">
            <Radix.Title className="text-sm font-medium break-words">{note.title}</Radix.Title>
            {note.detail !== '' && (
              <Radix.Description className="mt-0.5 line-clamp-3 text-sm break-words text-muted">
                {note.detail}
              </Radix.Description>
            )}
          </div>
          {note.action !== null && (
            <Radix.Action asChild altText={note.action.label}>
              <Button size="small" onClick={note.action.onSelect}>
                {note.action.label}
              </Button>
            </Radix.Action>
          )}
          <Radix.Close aria-label="Dismiss" className="rounded p-1 text-muted hover:text-text">
            <X aria-hidden className="size-4" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-60 flex w-[calc(100%-2rem)] max-w-sm flex-col gap-2 outline-none max-md:bottom-20" />
    </Radix.Provider>
  );
}

const looks: Readonly<Record<Note['tone'], { readonly icon: LucideIcon; readonly ink: string }>> = {
  done: { icon: CircleCheck, ink: 'text-up' },
  failed: { icon: CircleAlert, ink: 'text-down' },
  news: { icon: Bell, ink: 'text-muted' },
  urgent: { icon: OctagonAlert, ink: 'text-down' },
};

function Icon({ tone }: { tone: Note['tone'] }): ReactNode {
  const look = looks[tone];
  return <look.icon aria-hidden className={cx('mt-0.5 size-4 shrink-0', look.ink)} />;
}

function add(note: Omit<Note, 'id'>): void {
  lastId += 1;
  const others = note.key === null ? notes : notes.filter(({ key }) => key !== note.key);
  notes = [...others, { ...note, id: lastId }].slice(-NOTES_MAX);
  for (const listener of listeners) listener();
}

function remove(id: number): void {
  notes = notes.filter((note) => note.id !== id);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
