/** The list of incidents as it stands in its URL. */
export interface IncidentsSearch {
  readonly tab?: 'past';
  readonly add?: boolean;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readIncidentsSearch(raw: Readonly<Record<string, unknown>>): IncidentsSearch {
  return { ...(raw['tab'] === 'past' ? { tab: 'past' } : {}), ...(raw['add'] === true ? { add: true } : {}) };
}
