import { allows, collections, SCOPE_LEVELS, type Scope } from '@statewire/model';
import { expect, test } from 'vitest';
import { Grants } from './grants.ts';

test.each(['read', 'report', 'admin'] as const)(
  '[PM17] a key of the scope %s has what choosing by its levels from the table of permissions comes to, and nothing else',
  (scope: Scope) => {
    const grants = new Grants(Object.values(collections));
    const held = grants.ofScopes([scope]);
    const wrong: string[] = [];
    let chosen = 0;
    for (const [area, operations] of Object.entries(grants.table)) {
      for (const [operation, level] of Object.entries(operations)) {
        const isChosen = SCOPE_LEVELS[scope].includes(level);
        if (isChosen) chosen += 1;
        if (allows(held, `${area}:${operation}`) !== isChosen) wrong.push(`${area}:${operation}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(chosen).toBeGreaterThan(3);
  },
);
