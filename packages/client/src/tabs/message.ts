/**
 * What tabs say to each other. Everybody hears the gossip of a group; what belongs to a line goes to one tab's inbox. Messages
 * of a line are numbered, because a channel repeats nothing and promises nothing, and long texts travel in parts, because it
 * copies each message.
 */

/** Longest part of a text, UTF-16 units. */
export const PART_MAX = 65_536;

/** Said to all tabs of a group. */
export type Gossip =
  /** I am here; whoever leads says so. */
  | { readonly k: 'here'; readonly id: string; readonly visible: boolean }
  | { readonly k: 'gone'; readonly id: string }
  /** I lead, over a connection of this kind. */
  | { readonly k: 'beat'; readonly id: string; readonly kind: string }
  /** I lead no longer, and am still here. */
  | { readonly k: 'free'; readonly id: string };

/** Said to one tab. `n` counts the messages of a line in one direction. */
export type Note =
  | { readonly k: 'open'; readonly from: string; readonly line: string; readonly text: string }
  | { readonly k: 'text'; readonly line: string; readonly n: number; readonly text: string; readonly more: boolean }
  | { readonly k: 'end'; readonly line: string }
  | { readonly k: 'cut'; readonly line: string; readonly code: number; readonly reason: string }
  /** Something of this line was lost: open another one. */
  | { readonly k: 'again'; readonly line: string };

/** Reads a message of a group, or null: pages of another make may use the same name. */
export function readGossip(raw: unknown): Gossip | null {
  const { k, id, visible, kind } = fieldsOf(raw);
  if (typeof id !== 'string' || id === '') return null;
  if (k === 'here' && typeof visible === 'boolean') return { k, id, visible };
  if (k === 'beat' && typeof kind === 'string') return { k, id, kind };
  return k === 'gone' || k === 'free' ? { k, id } : null;
}

/** Reads a message to one tab, or null. */
export function readNote(raw: unknown): Note | null {
  const { k, from, line, text, n, more, code, reason } = fieldsOf(raw);
  if (typeof line !== 'string') return null;
  if (k === 'open' && typeof from === 'string' && typeof text === 'string') return { k, from, line, text };
  if (k === 'text' && typeof n === 'number' && typeof text === 'string' && typeof more === 'boolean') {
    return { k, line, n, text, more };
  }
  if (k === 'cut' && typeof code === 'number' && typeof reason === 'string') return { k, line, code, reason };
  return k === 'end' || k === 'again' ? { k, line } : null;
}

/** Numbers what is said on a line, and cuts it into parts. */
export class Numbered {
  #n = 0;

  parts(line: string, text: string): readonly Note[] {
    const notes: Note[] = [];
    for (let at = 0; at === 0 || at < text.length; at += PART_MAX) {
      const part = text.slice(at, at + PART_MAX);
      notes.push({ k: 'text', line, n: this.#n, text: part, more: at + PART_MAX < text.length });
      this.#n += 1;
    }
    return notes;
  }
}

/** Puts what comes on a line together again. */
export class Collected {
  #n = 0;
  #parts: string[] = [];

  /** The whole text, `waiting` for its other parts, or `lost` when something before it never came. */
  take({
    n,
    text,
    more,
  }: Extract<Note, { k: 'text' }>):
    | { readonly is: 'whole'; readonly text: string }
    | { readonly is: 'waiting' | 'lost' } {
    if (n !== this.#n) return { is: 'lost' };
    this.#n += 1;
    this.#parts.push(text);
    if (more) return { is: 'waiting' };
    const whole = this.#parts.length === 1 ? text : this.#parts.join('');
    this.#parts = [];
    return { is: 'whole', text: whole };
  }
}

function fieldsOf(raw: unknown): Record<string, unknown> {
  return typeof raw === 'object' && raw !== null ? { ...raw } : {};
}
