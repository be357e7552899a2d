import { type Answer, request } from './request.ts';

export interface ImportLine {
  readonly line: number;
  readonly id: string;
  readonly action: 'create' | 'update';
  readonly ok: boolean;
  readonly code?: string;
  readonly message?: string;
}

/** Reads services from YAML. A dry run writes nothing; mistakes come back as the problem's `errors`, each with its line. */
export function importServices(
  yaml: string,
  isDry: boolean,
): Promise<Answer<{ readonly lines: readonly ImportLine[] }>> {
  return request(`/v1/import/services?dry_run=${isDry ? 1 : 0}`, { method: 'POST', body: { yaml } });
}

/** One thing of another product's file that is taken. */
export interface TakenLine {
  readonly from: string;
  readonly collection: string;
  readonly id: string;
  readonly name: string;
  readonly action: 'create' | 'update' | 'keep';
  readonly ok: boolean;
  readonly message?: string;
  readonly notes: readonly string[];
}

/** One that is not, why, and what to do about it. */
export interface LeftLine {
  readonly from: string;
  readonly name: string;
  readonly reason: string;
  readonly do: string;
}

export interface Taken {
  readonly taken: readonly TakenLine[];
  readonly left: readonly LeftLine[];
}

/** Takes over what another product watched. A dry run writes nothing and says the same. */
export function importFrom(format: 'gatus' | 'uptime-kuma', content: string, isDry: boolean): Promise<Answer<Taken>> {
  return request(`/v1/import?format=${format}&dry_run=${isDry ? 1 : 0}`, {
    method: 'POST',
    text: { type: format === 'gatus' ? 'application/yaml' : 'application/json', content },
  });
}

/** Where the browser fetches the file with every service and its check. */
export const exportPath = '/v1/export/services.yaml';
