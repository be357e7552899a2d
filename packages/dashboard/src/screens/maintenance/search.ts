/** The maintenance page as it stands in its URL. */
export interface MaintenanceSearch {
  readonly tab?: 'past';
  readonly add?: boolean;
  /** Id of the one being edited. */
  readonly edit?: string;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readMaintenanceSearch(raw: Readonly<Record<string, unknown>>): MaintenanceSearch {
  return {
    ...(raw['tab'] === 'past' ? { tab: 'past' } : {}),
    ...(raw['add'] === true ? { add: true } : {}),
    ...(typeof raw['edit'] === 'string' ? { edit: raw['edit'] } : {}),
  };
}
