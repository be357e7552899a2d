import './theme.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { followSystem } from './lib/theme.ts';

followSystem();
const root = document.querySelector('#root');
if (root === null) throw new Error('no element #root found; index.html and main.tsx belong together');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
