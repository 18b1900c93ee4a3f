import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {html, trusted, type Html} from './html.js';

// From dist/src/report/ to the root of the package.
const resource = (name: string): string =>
  readFileSync(new URL(`../../../templates/report/${name}`, import.meta.url), 'utf8');

/** Nothing may be loaded from anywhere, and no script may run but ours, whatever a class is called. */
const policy = (script: string): string =>
  `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** The policy's hash is of the exact text, so no space may be added to it. */
const element = (name: 'style' | 'script', text: string): Html =>
  trusted(`<${name}>${text}</${name}>`);

export const section = (title: string, content: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;

/** What scrolls sideways where it is too wide: by keys as well, and on small screens with a hint. */
export const scrollable = (label: string, content: Html, kind = ''): Html =>
  html`<div class="scroll ${kind}" tabindex="0" role="region" aria-label="${label}">${content}</div>
    <p class="scroll-hint quiet" aria-hidden="true">Scroll sideways for more →</p>`;

/** One HTML document that needs nothing else: no network, no other file. */
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
