import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type UserConfig } from 'vite';

const server = 'http://127.0.0.1:4800';
const doors = ['/v1', '/auth', '/health', '/metrics', '/openapi.json', '/badge'];

const config: UserConfig = defineConfig({
  plugins: [react(), tailwind()],
  // The workspace's own packages are read as source, so that a change in a hook is seen without building it first.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // Fonts stay files: a data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    port: 5173,
    proxy: {
      ...Object.fromEntries(doors.map((path) => [path, { target: server, changeOrigin: false }])),
      '/live': { target: server, ws: true, changeOrigin: false },
    },
  },
});

export default config;
