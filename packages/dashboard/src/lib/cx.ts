import { clsx, type ClassValue } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

// Our sizes are named in the theme; without this the merger takes `text-sm` and `text-muted` for the same property.
const merge = extendTailwindMerge({
  extend: { classGroups: { 'font-size': [{ text: ['xs', 'sm', 'base', 'lg', 'xl', '2xl'] }] } },
});

/** Joins class names; a later one wins over an earlier one of the same property. */
export function cx(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
