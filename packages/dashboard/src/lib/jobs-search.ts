/** What the jobs page shows, as it stands in its URL. */
export interface JobsSearch {
  readonly tab?: 'ended';
  readonly q?: string;
  /** `jobs/<id>` or `executions/<id>`: the run whose detail is open. */
  readonly open?: string;
}

/** What of it a saved view keeps. */
export function viewOfJobs(search: JobsSearch): JobsSearch {
  const { open: _open, ...view } = search;
  return view;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readJobsSearch(raw: Readonly<Record<string, unknown>>): JobsSearch {
  const { tab, q, open } = raw;
  return {
    ...(tab === 'ended' ? { tab } : {}),
    ...(typeof q === 'string' && q !== '' ? { q } : typeof q === 'number' ? { q: String(q) } : {}),
    ...(typeof open === 'string' && /^(?:jobs|executions)\/./u.test(open) ? { open } : {}),
  };
}
