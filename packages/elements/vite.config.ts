import { defineConfig, type UserConfig } from 'vite';

/** All of it in one file, for a script tag. `tsc -b` makes the rest of dist and is left alone. */
const config: UserConfig = defineConfig({
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'statewire-elements.js' },
  },
});

export default config;
