/**
 * One script tag in a page of anybody's, and the panel stands behind it:
 *
 *     <script async src="https://HOST/embed.js" data-panel="list" data-token="sw_embed_..."></script>
 *
 * It reads what stands on its own tag and nothing else of the page: no cookies, no storage, no other scripts.
 */
import { define } from './element.ts';
import { panel } from './panel.ts';

/** What a tag may say; each is an attribute of `<sw-panel>`. */
const SAID = ['token', 'panel', 'collection', 'label', 'empty', 'limit', 'unit', 'cells', 'variant', 'theme'] as const;

/** Puts a panel where this tag says: into the element that `data-target` finds, else behind the tag. */
export function embed(script: HTMLScriptElement): void {
  define(panel);
  const element = document.createElement(panel.name);
  element.setAttribute('url', script.src.replace(/\/embed\.js(?:[?#].*)?$/u, '/panels'));
  for (const name of SAID) {
    const value = script.dataset[name];
    if (value !== undefined) element.setAttribute(name, value);
  }
  const { target } = script.dataset;
  const place = (): void => {
    const found = target === undefined ? null : document.querySelector(target);
    if (found !== null) found.append(element);
    else script.after(element);
  };
  // In the head there is nowhere to stand yet; what the tag names may come further down.
  if (document.readyState !== 'loading' || (target === undefined && document.body?.contains(script))) place();
  else document.addEventListener('DOMContentLoaded', place, { once: true });
}

if (document.currentScript instanceof HTMLScriptElement) embed(document.currentScript);
