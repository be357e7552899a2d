import { CONDITION_LIMITS } from './condition.ts';

/**
 * What is wrong with a pattern, or null. The server runs patterns with RE2, which takes time in proportion to the
 * text whatever the pattern; this refuses what RE2 does not know, with the words of the thing that is missing.
 */
export function patternFlaw(source: string): string | null {
  if (source.length > CONDITION_LIMITS.patternCharactersMax) {
    return `a pattern of at most ${CONDITION_LIMITS.patternCharactersMax} characters`;
  }
  const plain = source.replaceAll(/\\\\/g, '');
  if (/\(\?(<?[=!])/.test(plain)) return 'no look-ahead or look-behind: they make the time unbounded';
  if (/\\([1-9]|k<)/.test(plain)) return 'no back-references: they make the time unbounded';
  for (const [, low = '0', high = low] of plain.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    if (Number(low) > REPEAT_MAX || Number(high) > REPEAT_MAX) return `at most ${REPEAT_MAX} repetitions`;
  }
  try {
    return new RegExp(source, 'u') instanceof RegExp ? null : 'a pattern';
  } catch (error) {
    if (error instanceof SyntaxError) return 'a regular expression; escape with \\ what is meant literally';
    throw error;
  }
}

const REPEAT_MAX = 1_000;
