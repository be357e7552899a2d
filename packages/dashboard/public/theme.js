// Chooses the theme before the first paint. src/lib/look.ts changes it later and must agree with the key and values.
(() => {
  let choice = 'system';
  try {
    choice = localStorage.getItem('statewire.theme') || 'system';
  } catch {
    // Storage may be forbidden; the system's choice is then the answer.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
