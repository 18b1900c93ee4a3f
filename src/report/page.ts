import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {html, trusted, type Html} from './html.js';

// Resolved from dist/src/report/ to the package root.
const resource = (name: string): string =>
  readFileSync(new URL(`../../../templates/report/${name}`, import.meta.url), 'utf8');

/** Content security policy. Nothing may be loaded, and only the page's own script may run, whatever a class is called. */
const policy = (script: string): string =>
  `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** Renders a `style` or `script` element. The policy has a hash of the exact text, so no whitespace may be added. */
const element = (name: 'style' | 'script', text: string): Html =>
  trusted(`<${name}>${text}</${name}>`);

export const section = (title: string, content: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;

/** Wraps wide content so that it scrolls horizontally, by keyboard as well, and with a hint on small screens. */
export const scrollable = (label: string, content: Html, kind = ''): Html =>
  html`<div class="scroll ${kind}" tabindex="0" role="region" aria-label="${label}">${content}</div>
    <p class="scroll-hint quiet" aria-hidden="true">Scroll sideways for more →</p>`;

/** Renders one self-contained HTML document: no network, no other files. */
export function page(title: string, body: Html): string {
  const script = resource('report.js');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy(script)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${element('style', resource('report.css'))}
      </head>
      <body>
        <main>${body}</main>
        ${element('script', script)}
      </body>
    </html> `.text;
}
