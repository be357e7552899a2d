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

/** Where the browser fetches the file with every service and its check. */
export const exportPath = '/v1/export/services.yaml';
