import { StrictMode, useEffect, useState, type ReactNode } from 'react';
import { kinds } from './kinds.tsx';

/** All components on one page. `?theme=dark` and the buttons choose; otherwise the system does. */
export function Gallery(): ReactNode {
  const [theme, setTheme] = useState(() => new URLSearchParams(location.search).get('theme') ?? 'system');
  useEffect(() => {
    const root = document.documentElement;
    if (theme === 'system') root.removeAttribute('data-theme');
    else root.setAttribute('data-theme', theme);
  }, [theme]);
  return (
    <StrictMode>
      <main className="page">
        <header className="top">
          <h1>Components</h1>
          <div className="themes">
            {['system', 'light', 'dark'].map((each) => (
              <button
                key={each}
                type="button"
                className="sw-text-button"
                aria-pressed={theme === each}
                onClick={() => setTheme(each)}
              >
                {each}
              </button>
            ))}
          </div>
        </header>
        <p className="lead">
          Each in all its states. A status is a shape and a word beside its colour; nothing moves unless data moved.
        </p>
        {kinds.map(({ name, what, Show }) => (
          <section key={name} className="kind" id={name} aria-labelledby={`${name}-title`}>
            <h2 id={`${name}-title`}>{name}</h2>
            <p>{what}</p>
            <div className="stage" data-shot={name}>
              <Show />
            </div>
          </section>
        ))}
      </main>
    </StrictMode>
  );
}
