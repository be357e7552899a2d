/** How often a condition is looked at, and how long at most, ms. */
const EVERY_MS = 20;
const LIMIT_MS = 60_000;

/** Waits for a condition instead of a time. Rejects with what was awaited, so that a failing test says it. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs: number = LIMIT_MS,
): Promise<void> {
  const endsAt = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
