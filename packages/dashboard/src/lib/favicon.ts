/** The tab says it without being looked at: the number of things that are down, in its title and its icon. */
export function markTab(down: number, page: string): void {
  document.title = `${down > 0 ? `(${down}) ` : ''}${page === '' ? '' : `${page} · `}Statewire`;
  const link = document.querySelector<HTMLLinkElement>('#favicon');
  if (link === null) return;
  const href = down > 0 ? `data:image/svg+xml,${encodeURIComponent(badge(down))}` : '/favicon.svg';
  if (link.getAttribute('href') !== href) link.setAttribute('href', href);
}

function badge(down: number): string {
  const text = down > 9 ? '9+' : String(down);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#d92d20"/><text x="16" y="23" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="19" fill="#fff">${text}</text></svg>`;
}
