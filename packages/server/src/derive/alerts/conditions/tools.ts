import type { Service } from '@statewire/model';
import { cannotSay, fails, holds, type Asked, type Finding } from '../finding.ts';

const NAMES_MAX = 10;

/** The tools of an MCP server are not those that a person accepted. */
export function toolsDrifted({ row }: Asked): Finding {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the condition is about services.
  const { mcp } = row as Service;
  const drift = mcp?.drift ?? null;
  if (drift === null) return cannotSay('Its tools are not known.');
  const { added, removed, changed } = drift;
  const count = added.length + removed.length + changed.length;
  const evidence = {
    added: added.slice(0, NAMES_MAX),
    removed: removed.slice(0, NAMES_MAX),
    changed: changed.slice(0, NAMES_MAX),
    count,
  };
  if (count === 0) return fails('Its tools are the accepted ones.', evidence);
  const parts = [say(added, 'added'), say(removed, 'removed'), say(changed, 'changed')].filter((part) => part !== '');
  return holds(`Tools ${parts.join('; ')}.`, evidence);
}

function say(names: readonly string[], what: string): string {
  if (names.length === 0) return '';
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : '';
  return `${what}: ${names.slice(0, NAMES_MAX).join(', ')}${more}`;
}
