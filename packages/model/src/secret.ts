import { z } from 'zod';

/** Marks what a person may write and no door returns: passwords, tokens, keys. It is `writeOnly` in the API's document. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), writeOnly: true });
}

/** Paths of a body that hold secrets, as its schema says: `check.secrets`. All below such a path is secret too. */
export function secretPaths(schema: z.ZodType): readonly string[] {
  const known = PATHS.get(schema);
  if (known !== undefined) return known;
  const found = new Set<string>();
  gather(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline', cycles: 'ref' }), '', found);
  const paths = [...found].sort();
  PATHS.set(schema, paths);
  return paths;
}

/** Worked out once per schema: at the first write that is told of, not at the start. */
const PATHS = new WeakMap<z.ZodType, readonly string[]>();

function gather(node: unknown, path: string, found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const fields = new Map(Object.entries(node));
  if (fields.get('writeOnly') === true) {
    found.add(path);
    return;
  }
  for (const way of ['allOf', 'anyOf', 'oneOf']) {
    const parts: unknown = fields.get(way);
    if (Array.isArray(parts)) for (const part of parts) gather(part, path, found);
  }
  const properties: unknown = fields.get('properties');
  if (typeof properties !== 'object' || properties === null) return;
  for (const [name, inner] of Object.entries(properties)) gather(inner, path === '' ? name : `${path}.${name}`, found);
}
