import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, defineConfig, type Plugin, type UserConfig } from 'vite';

const server = 'http://127.0.0.1:4800';
const doors = ['/v1', '/health', '/metrics', '/openapi.json', '/badge', '/embed', '/status'];

const config: UserConfig = defineConfig({
  plugins: [react(), tailwind(), precompressed()],
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

/** Each text file once more as .br and .gz: the server sends what is there and compresses nothing while people wait. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    async closeBundle() {
      const dir = join(import.meta.dirname, 'dist');
      // For pages of others, and the service worker: one file each, without a module, so that one tag or path is enough.
      await buildScript(dir, { entry: '../elements/src/embed.ts', name: 'StatewireEmbed', file: 'embed.js' });
      await buildScript(dir, { entry: 'src/push.ts', name: 'StatewirePush', file: 'push.js' });
      const files = await readdir(dir, { recursive: true });
      await Promise.all(
        files.filter((name) => /\.(?:js|css|html|svg)$/u.test(name)).map((name) => compress(join(dir, name))),
      );
    },
  };
}

/** A script of its own beside the dashboard's files. */
async function buildScript(
  outDir: string,
  { entry, name, file }: { readonly entry: string; readonly name: string; readonly file: string },
): Promise<void> {
  await build({
    configFile: false,
    root: import.meta.dirname,
    publicDir: false,
    logLevel: 'warn',
    resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
    build: {
      target: 'es2022',
      outDir,
      emptyOutDir: false,
      lib: {
        entry: join(import.meta.dirname, entry),
        formats: ['iife'],
        name,
        fileName: () => file,
      },
    },
  });
}

async function compress(path: string): Promise<void> {
  const text = await readFile(path);
  // Below this the headers weigh more than what is saved.
  if (text.length < 1024) return;
  await writeFile(`${path}.gz`, await promisify(gzip)(text, { level: 9 }));
  await writeFile(
    `${path}.br`,
    await promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  );
}
