import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv, type UserConfigFnObject } from 'vite';

/** The page and the server share an origin: what the page asks of the server goes through this one. */
const config: UserConfigFnObject = defineConfig(({ mode }) => {
  const target = loadEnv(mode, import.meta.dirname, 'STATEWIRE_')['STATEWIRE_URL'] ?? 'http://127.0.0.1:4800';
  const proxy = { '/live': { target, ws: true }, '/v1': { target } };
  return {
    plugins: [react()],
    // Inside this repository the packages are read as source; in an app of your own this line is not needed.
    resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
    server: { proxy },
    preview: { proxy },
  };
});

export default config;
