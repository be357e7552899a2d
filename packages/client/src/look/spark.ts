/** Recent values as a thin line. */

/** The line in a box of that size; null is a gap and drawn as one, a lone value as a dot. */
export function sparkPath(
  values: readonly (number | null)[],
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const low = Math.min(...known);
  // A flat line stays flat: a span below a tenth of the value is noise, not shape.
  const span = Math.max(Math.max(...known) - low, low * 0.1, 1);
  const step = values.length > 1 ? (width - 2) / (values.length - 1) : 0;
  let isDrawing = false;
  let path = '';
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const x = (1 + i * step).toFixed(1);
    const y = (height - 2 - ((value - low) / span) * (height - 4)).toFixed(1);
    const isLone = !isDrawing && (values[i + 1] ?? null) === null;
    // A dot is a line of no length with a round end.
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}${isLone ? 'h.01' : ''}`;
    isDrawing = true;
  }
  return path;
}

/** What the line shows, in words. */
export function sparkText(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return 'nothing measured yet';
  return `${last} ${unit} last, ${Math.min(...known)} to ${Math.max(...known)} ${unit} over ${known.length}`;
}
