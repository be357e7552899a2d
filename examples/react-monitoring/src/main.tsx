import { createClient } from '@statewire/client';
import { LiveBoundary, StatewireProvider, type LiveProblem } from '@statewire/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, useState, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import '@statewire/react/styles.css';
import { Admin } from './admin.tsx';
import { Monitoring } from './monitoring.tsx';
import { Servers } from './servers.tsx';
import { Status } from './status.tsx';

const KEY = 'statewire-key';

// Made once, outside of the tree. It asks for the key before each connection.
const sw = createClient({ url: '/', token: () => sessionStorage.getItem(KEY) ?? '' });
const queries = new QueryClient();

function App(): ReactNode {
  const [hasKey, setHasKey] = useState(sessionStorage.getItem(KEY) !== null);
  if (!hasKey) {
    return (
      <Door
        onKey={(key) => {
          sessionStorage.setItem(KEY, key);
          setHasKey(true);
        }}
      />
    );
  }
  return (
    <QueryClientProvider client={queries}>
      <StatewireProvider client={sw}>
        <LiveBoundary fallback={refused}>
          <Status>
            <Servers />
            <Monitoring />
            <Admin />
          </Status>
        </LiveBoundary>
      </StatewireProvider>
    </QueryClientProvider>
  );
}

function Door({ onKey }: { readonly onKey: (key: string) => void }): ReactNode {
  return (
    <form
      className="door"
      action={(form) => {
        const key = form.get('key');
        if (typeof key === 'string' && key !== '') onKey(key);
      }}
    >
      <label htmlFor="key">API key</label>
      <input id="key" name="key" type="password" autoComplete="off" />
      <button type="submit" className="sw-button">
        Open
      </button>
    </form>
  );
}

function refused({ error, retry }: LiveProblem): ReactNode {
  return (
    <main className="door">
      <p role="alert">{error.message}</p>
      <button type="button" className="sw-button" onClick={retry}>
        Try again
      </button>
    </main>
  );
}

const root = document.getElementById('app');
if (root === null) throw new Error('found no element with the id "app" in index.html');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
