import type { Json } from './json.ts';

/**
 * What changed in a record: path to new value. A path is a field name, or `field.key` for one key of an object
 * field. When a key of an object field went away the whole field is sent; fields themselves never go away.
 */
export type Patch = Readonly<Record<string, Json>>;
