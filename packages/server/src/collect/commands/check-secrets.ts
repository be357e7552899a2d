import { SECRET_NAMES, type CheckInput } from '@statewire/model';
import type { Draft } from '../../keep/commit-types.ts';
import type { WriteDeps } from '../reports/deps.ts';

/** Document kind of a check's secret headers, all in one. */
export const SECRET_HEADERS = 'check-secrets';

/** Document kind of one other secret of a check. */
export function secretKind(name: (typeof SECRET_NAMES)[number]): string {
  return `${SECRET_HEADERS}-${name}`;
}

/** Document kinds of what a check logs in with; each document is sealed for its place and keyed by the check's id. */
export const CHECK_SECRETS: readonly string[] = [SECRET_HEADERS, ...SECRET_NAMES.map(secretKind)];

/** Stores what was said of the secrets of a check: headers are replaced together, the others one by one. */
export function writeSecrets(
  { vault }: Pick<WriteDeps, 'vault'>,
  draft: Draft,
  id: string,
  settings: CheckInput,
): void {
  const { org } = draft;
  for (const name of SECRET_NAMES) {
    const value = settings.secrets?.[name];
    if (value === undefined) continue;
    const kind = secretKind(name);
    draft.document(kind, id, value === null ? null : vault.seal({ org, kind, id }, value));
  }
  if (settings.secretHeaders === undefined) return;
  const isEmpty = Object.keys(settings.secretHeaders).length === 0;
  const place = { org, kind: SECRET_HEADERS, id };
  draft.document(SECRET_HEADERS, id, isEmpty ? null : vault.seal(place, settings.secretHeaders));
}
