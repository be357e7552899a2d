/**
 * Conditions: what must hold of an answer, as one line of text. The grammar, whole:
 *
 *   condition  = all { "||" all }
 *   all        = one { "&&" one }
 *   one        = "!" one | "(" condition ")" | comparison
 *   comparison = operand [ operator operand ]        alone, a path must be true
 *   operator   = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains" | "matches"
 *   operand    = path | number [ unit ] | string | regex | list | "true" | "false" | "null" | "len" "(" path ")"
 *   path       = root { "." name | "[" number "]" | "[" string "]" }
 *   unit       = "ms" | "s" | "m" | "h" | "d"
 *
 * Nothing is converted: 1 and "1" are different, and what is missing is null. This file holds the shapes; see
 * lexer.ts, parse.ts, print.ts and evaluate.ts.
 */
import type { Failure } from '@statewire/protocol';

/** A parsed condition. */
export type Condition =
  | { readonly is: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly is: 'not'; readonly part: Condition }
  | { readonly is: 'true'; readonly path: Path }
  | { readonly is: 'compare'; readonly left: Operand; readonly operator: Operator; readonly right: Operand };

export type Operator = '!=' | '<' | '<=' | '==' | '>' | '>=' | 'contains' | 'in' | 'matches';

export type Scalar = boolean | number | string | null;

export type Operand =
  | { readonly is: 'len'; readonly path: Path }
  | { readonly is: 'list'; readonly items: readonly Scalar[] }
  | { readonly is: 'path'; readonly path: Path }
  | { readonly is: 'regex'; readonly source: string; readonly flags: '' | 'i' }
  /** `isTime`: written with a unit; the value is milliseconds. */
  | { readonly is: 'value'; readonly value: Scalar; readonly isTime: boolean };

/** Where a value is found: `json.data[0].state`. */
export interface Path {
  readonly root: Root;
  readonly steps: readonly (number | string)[];
}

/** What a condition can speak of. Which of them an answer has depends on the kind of check (`rootsOf`). */
export type Root = 'body' | 'certificate' | 'header' | 'json' | 'latency' | 'row' | 'rows' | 'status' | 'value';

export const ROOTS: readonly Root[] = [
  'status',
  'latency',
  'body',
  'json',
  'header',
  'certificate',
  'value',
  'row',
  'rows',
];

/** Why a text is no condition, and at which column (from 1). */
export interface ConditionFlaw extends Failure {
  readonly column: number;
}

/** Bounds of a condition: long enough for people, too small to be a program. */
export const CONDITION_LIMITS = {
  charactersMax: 1_000,
  depthMax: 16,
  partsMax: 64,
  stepsMax: 16,
  itemsMax: 64,
  patternCharactersMax: 200,
} as const;
