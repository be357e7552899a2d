import type { SelectedCollection, Selector } from '@statewire/model';
import type { Json } from '@statewire/protocol';

/** A selector as a form shows it. `other`: a filter that no form made; it is kept as it is. */
export interface Selection {
  readonly collection: SelectedCollection;
  readonly by: 'all' | 'ids' | 'group' | 'label' | 'kind' | 'other';
  /** Ids, the group's name, `key=value`, or kinds. */
  readonly values: readonly string[];
  /** The filter itself, with `other`. */
  readonly where: Json;
}

/** Reads the forms of filter that `selectorOf` writes. */
export function selectionOf({ collection, where }: Selector): Selection {
  const as = (by: Selection['by'], values: readonly string[]): Selection => ({ collection, by, values, where });
  if (where === null) return as('all', []);
  if (Array.isArray(where)) {
    const [op, field, value] = where as readonly unknown[];
    const list = Array.isArray(value) && value.every((each): each is string => typeof each === 'string') ? value : null;
    if (op === 'in' && field === 'id' && list !== null) return as('ids', list);
    if (op === 'in' && field === 'kind' && list !== null) return as('kind', list);
    if (op === 'eq' && field === 'group' && typeof value === 'string') return as('group', [value]);
    if (op === 'eq' && typeof field === 'string' && field.startsWith('labels.') && typeof value === 'string')
      return as('label', [`${field.slice('labels.'.length)}=${value}`]);
  }
  return as('other', []);
}

/** The selector a form means, or what is missing. */
export function selectorOf({ collection, by, values, where }: Selection): Selector | string {
  switch (by) {
    case 'all':
      return { collection, where: null };
    case 'ids':
      return values.length === 0 ? 'Choose at least one' : { collection, where: ['in', 'id', [...values].sort()] };
    case 'kind':
      return values.length === 0
        ? 'Choose at least one kind'
        : { collection, where: ['in', 'kind', [...values].sort()] };
    case 'group':
      return (values[0] ?? '').trim() === ''
        ? 'Name the group'
        : { collection, where: ['eq', 'group', values[0] ?? ''] };
    case 'label': {
      const [key = '', ...rest] = (values[0] ?? '').split('=');
      return key.trim() === '' || rest.length === 0
        ? 'Write a label as key=value'
        : { collection, where: ['eq', `labels.${key.trim()}`, rest.join('=').trim()] };
    }
    default:
      return { collection, where };
  }
}

/** A selection in words: `all services`, `services of the group shop`, `3 services`. */
export function selectionText(selector: Selector): string {
  const { collection, by, values } = selectionOf(selector);
  switch (by) {
    case 'all':
      return `all ${collection}`;
    case 'ids':
      return values.length === 1 ? `${collection}/${values[0] ?? ''}` : `${values.length} ${collection}`;
    case 'group':
      return `${collection} of the group ${values[0] ?? ''}`;
    case 'label':
      return `${collection} labelled ${values[0] ?? ''}`;
    case 'kind':
      return `${collection} of kind ${values.join(', ')}`;
    default:
      return `${collection} by a filter`;
  }
}
