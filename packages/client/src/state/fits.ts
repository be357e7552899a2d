import { isArray, readField, type FilterJson, type Json, type Row } from '@statewire/protocol';

/**
 * Does a row pass a filter of ours? The same answers as the server's `matches`, for filters that `compileWhere` made: there
 * is nothing to refuse, so the parser with its words stays out of the core.
 */
export function fits(filter: FilterJson | undefined, row: Row): boolean {
  if (!isArray(filter)) return true;
  const [op, first, wanted] = filter;
  const of = filter.slice(1);
  if (op === 'and') return of.every((each) => fits(each, row));
  if (op === 'or') return of.some((each) => fits(each, row));
  if (op === 'not') return !fits(first, row);
  if (typeof first !== 'string') return true;
  const value = readField(row, first);
  switch (op) {
    case 'eq':
      return value === wanted;
    case 'neq':
      return value !== wanted;
    case 'in':
      return isArray(wanted) && wanted.includes(value);
    case 'nin':
      return !(isArray(wanted) && wanted.includes(value));
    case 'null':
      return (value === null) === (wanted ?? true);
    case 'prefix':
      return typeof value === 'string' && typeof wanted === 'string' && value.startsWith(wanted);
    case 'contains':
      return typeof wanted === 'string' && holds(value, wanted.toLowerCase());
    default:
      return compares(op, value, wanted);
  }
}

function holds(value: Json, part: string): boolean {
  const all = isArray(value) ? value : [value];
  return all.some((each) => typeof each === 'string' && each.toLowerCase().includes(part));
}

function compares(op: Json | undefined, a: Json, b: Json | undefined): boolean {
  const isComparable =
    (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string');
  if (!isComparable) return false;
  if (op === 'lt') return a < b;
  if (op === 'lte') return a <= b;
  return op === 'gt' ? a > b : a >= b;
}
