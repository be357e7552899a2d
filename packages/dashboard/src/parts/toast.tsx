import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { type ReactNode, useSyncExternalStore } from 'react';
import { sentence } from '../lib/format.ts';
import type { Problem } from '../rest/request.ts';

interface Note {
  readonly id: number;
  readonly tone: 'done' | 'failed';
  readonly title: string;
  readonly detail: string;
}

// A person reads the newest few; older ones make room.
const NOTES_MAX = 4;

let notes: readonly Note[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says that something was done. For what the page already shows, say nothing. */
export function done(title: string, detail: string = ''): void {
  add({ tone: 'done', title, detail });
}

/** Says that something could not be done, and why. */
export function failedToast(problem: Problem): void {
  add({ tone: 'failed', title: sentence(problem.detail || problem.title), detail: sentence(problem.next) });
}

/** Where notes appear. Once per page. */
export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(subscribe, () => notes);
  return (
    <Radix.Provider duration={6000} swipeDirection="right">
      {shown.map((note) => (
        <Radix.Root
          key={note.id}
          type={note.tone === 'failed' ? 'foreground' : 'background'}
          onOpenChange={(open) => !open && remove(note.id)}
          className="overlay-in pane flex items-start gap-2.5 bg-raised py-3 pr-2 pl-3.5 shadow-overlay"
        >
          {note.tone === 'failed' ? (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-down" />
          ) : (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-up" />
          )}
          <div className="min-w-0 flex-1">
            <Radix.Title className="text-sm font-medium">{note.title}</Radix.Title>
            {note.detail !== '' && (
              <Radix.Description className="mt-0.5 text-sm break-words text-muted">{note.detail}</Radix.Description>
            )}
          </div>
          <Radix.Close aria-label="Dismiss" className="rounded p-1 text-muted hover:text-text">
            <X aria-hidden className="size-4" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-60 flex w-[calc(100%-2rem)] max-w-sm flex-col gap-2 outline-none max-md:bottom-20" />
    </Radix.Provider>
  );
}

function add(note: Omit<Note, 'id'>): void {
  lastId += 1;
  notes = [...notes, { ...note, id: lastId }].slice(-NOTES_MAX);
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
