const DAY_MS = 86_400_000;

/** How far back, by the word in the URL. */
export const AUDIT_SPANS = { '1d': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS } as const;

export type AuditSpan = keyof typeof AUDIT_SPANS;

/** The audit page as it stands in its URL. */
export interface AuditSearch {
  readonly q?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly outcome?: 'ok' | 'refused';
  readonly span?: AuditSpan;
  /** Number of the row beside the list. */
  readonly open?: number;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readAuditSearch(raw: Readonly<Record<string, unknown>>): AuditSearch {
  const { outcome, open, span } = raw;
  return {
    ...textOf(raw, 'q'),
    ...textOf(raw, 'actor'),
    ...textOf(raw, 'action'),
    ...(typeof raw['target'] === 'string' && TARGET.test(raw['target']) ? { target: raw['target'] } : {}),
    ...(outcome === 'ok' || outcome === 'refused' ? { outcome } : {}),
    ...(isSpan(span) ? { span } : {}),
    ...(typeof open === 'number' && Number.isSafeInteger(open) && open > 0 ? { open } : {}),
  };
}

const TARGET = /^[a-z][a-z-]{0,63}(?:\/[\w.:@~-]{1,200})?$/u;

function isSpan(value: unknown): value is AuditSpan {
  return typeof value === 'string' && Object.hasOwn(AUDIT_SPANS, value);
}

function textOf<N extends 'action' | 'actor' | 'q'>(
  raw: Readonly<Record<string, unknown>>,
  name: N,
): { readonly [K in N]?: string } {
  const value = raw[name];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: an object with at most this one name.
  return (typeof value === 'string' && value !== '' ? { [name]: value.slice(0, 200) } : {}) as { [K in N]?: string };
}
