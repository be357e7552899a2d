import type { Json, JsonObject } from '@statewire/protocol';

/** What an attribute is typed as. */
export type AttributeType = 'json' | 'number' | 'text' | 'yes-no';

export const ATTRIBUTE_TYPES: readonly AttributeType[] = ['text', 'number', 'yes-no', 'json'];

/** One attribute as it stands in a form. */
export interface AttributeLine {
  readonly key: string;
  readonly type: AttributeType;
  readonly text: string;
}

/** What is wrong with a line: with its name, or with its value. */
export interface LineFlaw {
  readonly of: 'key' | 'value';
  readonly text: string;
}

/** The server takes as many characters of JSON. */
export const ATTRIBUTES_CHARACTERS_MAX = 8_192;

/** The lines of a form that say what a record says. */
export function linesOf(attributes: JsonObject): readonly AttributeLine[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, ...typedAs(value) }));
}

/** What is wrong with each line, or null; a line without a name and a value is not there yet. */
export function flawsOf(lines: readonly AttributeLine[]): readonly (LineFlaw | null)[] {
  return lines.map((line, i) => {
    const key = line.key.trim();
    if (isBlank(line)) return null;
    if (key === '') return { of: 'key', text: 'Give it a name' };
    if (key.length > 128) return { of: 'key', text: 'At most 128 characters' };
    if (FORBIDDEN.includes(key)) return { of: 'key', text: 'Choose another name' };
    if (lines.findIndex((other) => other.key.trim() === key) < i) return { of: 'key', text: 'It is there already' };
    return valueOf(line) === undefined ? { of: 'value', text: WRONG[line.type] } : null;
  });
}

/** The attributes that the lines say; lines that are wrong are left out. */
export function attributesOf(lines: readonly AttributeLine[]): JsonObject {
  const flaws = flawsOf(lines);
  const found: Record<string, Json> = {};
  for (const [i, line] of lines.entries()) {
    const value = flaws[i] === null && !isBlank(line) ? valueOf(line) : undefined;
    if (value !== undefined) found[line.key.trim()] = value;
  }
  return found;
}

/** The same words read as another type where they fit it. */
export function asType(line: AttributeLine, type: AttributeType): AttributeLine {
  if (type === 'yes-no') return { ...line, type, text: line.text === 'yes' || line.text === 'true' ? 'yes' : 'no' };
  if (type === 'json' && line.type === 'text') return { ...line, type, text: JSON.stringify(line.text) };
  return { ...line, type };
}

const FORBIDDEN: readonly string[] = ['__proto__', 'constructor', 'prototype'];

const WRONG: Readonly<Record<AttributeType, string>> = {
  text: '',
  number: 'Write a number, such as 12 or 0.5',
  'yes-no': '',
  json: 'Write JSON, such as ["a", "b"] or {"a": 1}',
};

function isBlank({ key, type, text }: AttributeLine): boolean {
  return key.trim() === '' && (text === '' || type === 'yes-no');
}

function typedAs(value: Json): Omit<AttributeLine, 'key'> {
  if (typeof value === 'string') return { type: 'text', text: value };
  if (typeof value === 'number') return { type: 'number', text: String(value) };
  if (typeof value === 'boolean') return { type: 'yes-no', text: value ? 'yes' : 'no' };
  return { type: 'json', text: JSON.stringify(value) };
}

function valueOf({ type, text }: AttributeLine): Json | undefined {
  switch (type) {
    case 'text':
      return text;
    case 'yes-no':
      return text === 'yes';
    case 'number': {
      const value = Number(text.trim());
      return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
    }
    default:
      return parsed(text);
  }
}

function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
