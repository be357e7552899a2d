import { Lexer } from 'yaml';

/**
 * Does a YAML text nest deeper than `max`, by brackets or by indicators on one line (`- - -`)? To be asked before it is
 * parsed: the parser recurses, so that a small text of brackets costs it its whole stack and tens of megabytes. Nesting by
 * indentation needs text that grows with its square, and is bounded by the text's length.
 */
export function isNestedDeeper(text: string, max: number): boolean {
  let brackets = 0;
  let indicators = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (isScalar) isScalar = false;
    else if (token === SCALAR) isScalar = true;
    else if (token === '[' || token === '{') brackets += 1;
    else if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1);
    else if (token.includes('\n')) indicators = 0;
    else if (brackets === 0 && (token === '-' || token === '?' || token === ':')) indicators += 1;
    if (brackets > max || indicators > max) return true;
  }
  return false;
}

/** What the lexer says before a plain or block scalar, whose text is the next token. */
const SCALAR = '\u001f';
