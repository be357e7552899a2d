/** What every page reads in its address. */

/** A text of the search part, under its key; nothing when it is empty or no text. The router reads digits as a number. */
export function text<K extends string>(key: K, raw: unknown): { readonly [P in K]?: string } {
  const value = typeof raw === 'string' ? raw : typeof raw === 'number' ? String(raw) : '';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the only key of the object is K.
  return (value === '' ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

/** Do the labels have what a filter says: `env=prod`, or `env` whatever its value? */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const [key = '', value] = wanted.split('=', 2);
  const has = labels[key];
  return has !== undefined && (value === undefined || has === value);
}
