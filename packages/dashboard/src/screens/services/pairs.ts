export type Pairs = Readonly<Record<string, string>>;
type Separator = '=' | ':';

/** Reads one pair per line, or says which line is none. */
export function readPairs(raw: string, separator: Separator): Pairs | string {
  const result: Record<string, string> = {};
  for (const [i, line] of raw.split('\n').entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf(separator);
    if (at < 1) return `Line ${i + 1}: expected ${separator === '=' ? 'key=value' : 'Name: value'}.`;
    result[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return result;
}

/** The text `readPairs` reads. */
export function writePairs(pairs: Pairs, separator: Separator): string {
  const between = separator === '=' ? '=' : ': ';
  return Object.entries(pairs)
    .map(([key, value]) => `${key}${between}${value}`)
    .join('\n');
}
