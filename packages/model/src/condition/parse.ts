import { ok, type Result } from '@statewire/protocol';
import {
  CONDITION_LIMITS,
  ROOTS,
  type Condition,
  type ConditionFlaw,
  type Operand,
  type Operator,
  type Path,
  type Scalar,
} from './condition.ts';
import { flaw, lex, quoted, type Token } from './lexer.ts';
import { patternFlaw } from './pattern.ts';

/** Parses a condition. Never throws; a flaw says at which column, what was found and what was expected. */
export function parseCondition(text: string): Result<Condition, ConditionFlaw> {
  if (text.length > CONDITION_LIMITS.charactersMax) {
    const found = `${text.length} characters`;
    return {
      ok: false,
      ...flaw(CONDITION_LIMITS.charactersMax + 1, found, `at most ${CONDITION_LIMITS.charactersMax}`),
    };
  }
  const tokens = lex(text);
  if (!tokens.ok) return tokens;
  try {
    return ok(new Parser(tokens.value).whole());
  } catch (error) {
    if (error instanceof Stop) return { ok: false, ...error.flaw };
    throw error;
  }
}

/** Ends the descent from any depth; never leaves this file. */
class Stop extends Error {
  readonly flaw: ConditionFlaw;

  constructor(found: ConditionFlaw) {
    super(found.message);
    this.flaw = found;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #parts = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Condition {
    const condition = this.#any();
    if (this.#now.is !== 'end') this.#fail('an operator, && or ||, or the end');
    return condition;
  }

  get #now(): Token {
    return this.#tokens[this.#at] ?? { is: 'end', column: 1, text: '' };
  }

  #any(): Condition {
    return this.#joined('||', 'any', () => this.#joined('&&', 'all', () => this.#one()));
  }

  #joined(mark: string, is: 'all' | 'any', part: () => Condition): Condition {
    const first = part();
    const parts = [first];
    while (this.#take(mark)) parts.push(part());
    return parts.length === 1 ? first : { is, parts };
  }

  #one(): Condition {
    this.#depth += 1;
    if (this.#depth > CONDITION_LIMITS.depthMax) this.#fail(`at most ${CONDITION_LIMITS.depthMax} levels`);
    const condition = this.#inner();
    this.#depth -= 1;
    return condition;
  }

  #inner(): Condition {
    if (this.#take('!')) return { is: 'not', part: this.#one() };
    if (this.#take('(')) {
      const condition = this.#any();
      this.#expect(')');
      return condition;
    }
    this.#parts += 1;
    if (this.#parts > CONDITION_LIMITS.partsMax) this.#fail(`at most ${CONDITION_LIMITS.partsMax} comparisons`);
    return this.#comparison();
  }

  #comparison(): Condition {
    const left = this.#operand();
    const operator = OPERATORS.find((known) => known === this.#now.text && this.#now.is !== 'string');
    if (operator === undefined) {
      if (left.is === 'path') return { is: 'true', path: left.path };
      return this.#fail(`an operator: ${OPERATORS.join(' ')}`);
    }
    this.#at += 1;
    const start = this.#now;
    const right = this.#operand();
    const expected = RIGHT.get(operator);
    if (expected !== undefined && !expected.is.includes(right.is)) this.#fail(expected.text, start);
    if (expected === undefined && right.is === 'regex') this.#fail('a pattern only after "matches"', start);
    return { is: 'compare', left, operator, right };
  }

  #operand(): Operand {
    const token = this.#now;
    if (token.is === 'regex') {
      const wrong = patternFlaw(token.source);
      if (wrong !== null) this.#fail(wrong, token);
      this.#at += 1;
      return { is: 'regex', source: token.source, flags: token.flags };
    }
    if (token.text === '[' && token.is === 'mark') return this.#list();
    const scalar = scalarOf(token);
    if (scalar !== undefined) {
      this.#at += 1;
      return { is: 'value', value: scalar, isTime: token.is === 'number' && token.isTime };
    }
    if (token.is === 'word' && token.text === 'len') {
      this.#at += 1;
      this.#expect('(');
      const path = this.#path();
      this.#expect(')');
      return { is: 'len', path };
    }
    return { is: 'path', path: this.#path() };
  }

  #list(): Operand {
    this.#expect('[');
    const items: Scalar[] = [];
    while (!this.#take(']')) {
      if (items.length > 0) this.#expect(',');
      if (items.length === CONDITION_LIMITS.itemsMax) this.#fail(`at most ${CONDITION_LIMITS.itemsMax} items`);
      const item = scalarOf(this.#now);
      if (item === undefined) return this.#fail('a number, a text in double quotes, true, false or null');
      items.push(item);
      this.#at += 1;
    }
    return { is: 'list', items };
  }

  #path(): Path {
    const root = ROOTS.find((known) => known === this.#now.text && this.#now.is === 'word');
    if (root === undefined) return this.#fail(`a value or one of ${ROOTS.join(', ')}`);
    this.#at += 1;
    const steps: (number | string)[] = [];
    for (let step = this.#step(); step !== null; step = this.#step()) {
      if (steps.length === CONDITION_LIMITS.stepsMax) this.#fail(`at most ${CONDITION_LIMITS.stepsMax} steps`);
      // Header names are compared without case everywhere else too.
      steps.push(root === 'header' && typeof step === 'string' ? step.toLowerCase() : step);
    }
    return { root, steps };
  }

  #step(): number | string | null {
    if (this.#take('.')) {
      const name = this.#now;
      if (name.is !== 'word') this.#fail('a name; write ["..."] for one with other characters');
      this.#at += 1;
      return name.text;
    }
    if (!this.#take('[')) return null;
    const key = this.#now;
    const isIndex = key.is === 'number' && Number.isSafeInteger(key.value) && key.value >= 0 && !key.isTime;
    if (key.is !== 'string' && !isIndex) return this.#fail('a position from 0 or a name in double quotes');
    this.#at += 1;
    this.#expect(']');
    return key.value;
  }

  #take(mark: string): boolean {
    const isThere = this.#now.is === 'mark' && this.#now.text === mark;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) this.#fail(mark);
  }

  #fail(expected: string, token: Token = this.#now): never {
    throw new Stop(flaw(token.column, token.is === 'end' ? 'the end' : quoted(token.text), expected));
  }
}

const OPERATORS: readonly Operator[] = ['==', '!=', '<', '<=', '>', '>=', 'in', 'contains', 'matches'];

const RIGHT: ReadonlyMap<Operator, { readonly is: readonly Operand['is'][]; readonly text: string }> = new Map([
  ['matches', { is: ['regex'], text: 'a pattern such as /ok|fine/i' }],
  ['in', { is: ['list', 'path'], text: 'a list such as ["ok", "warn"]' }],
  ['contains', { is: ['value', 'path'], text: 'a value, such as "Welcome"' }],
  ['<', { is: ['value', 'path', 'len'], text: 'a number' }],
  ['<=', { is: ['value', 'path', 'len'], text: 'a number' }],
  ['>', { is: ['value', 'path', 'len'], text: 'a number' }],
  ['>=', { is: ['value', 'path', 'len'], text: 'a number' }],
]);

function scalarOf(token: Token): Scalar | undefined {
  if (token.is === 'number' || token.is === 'string') return token.value;
  if (token.is !== 'word') return undefined;
  return WORDS.get(token.text);
}

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
