import type { Patch } from '@statewire/protocol';

/** Do two patch paths speak of the same value: equal, or one inside the other (`labels` and `labels.env`)? */
function overlaps(path: string, other: string): boolean {
  if (path === other) return true;
  return path.length > other.length ? isInside(path, other) : isInside(other, path);
}

/** The newest version at which one of these fields changed; paths nobody has written since `base` have that. */
export function newestOf(versions: ReadonlyMap<string, number>, base: number, fields: readonly string[]): number {
  let newest = fields.length === 0 ? 0 : base;
  for (const [path, version] of versions) {
    if (version > newest && fields.some((field) => overlaps(path, field))) newest = version;
  }
  return newest;
}

/** Does a patch write one of these fields? */
export function touches(patch: Patch, fields: readonly string[]): boolean {
  return Object.keys(patch).some((path) => fields.some((field) => overlaps(path, field)));
}

/** Marks what a patch wrote. A field written as a whole speaks for its keys, so that the map cannot outgrow the row. */
export function markPatch(versions: Map<string, number>, patch: Patch, version: number): void {
  for (const path of Object.keys(patch)) {
    if (!path.includes('.')) forgetKeys(versions, path);
    versions.set(path, version);
  }
}

function forgetKeys(versions: Map<string, number>, field: string): void {
  for (const path of versions.keys()) if (isInside(path, field)) versions.delete(path);
}

function isInside(path: string, field: string): boolean {
  return path.length > field.length && path.charCodeAt(field.length) === DOT && path.startsWith(field);
}

const DOT = 0x2e;
