import {printableLines} from '../core/text/printable.js';

/** Text that is HTML already. Only `html` and `trusted` make it. */
export class Html {
  constructor(readonly text: string) {}
}

/** What a template may hold; everything that is not `Html` is escaped, and `undefined` and `false` are nothing. */
export type Renderable = Html | string | number | false | undefined | readonly Renderable[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: Renderable): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return printableLines(String(value)).replace(/[&<>"']/g, character => ENTITIES[character]!);
}

/** HTML with values put in, escaped for text and for quoted attributes. */
export const html = (strings: TemplateStringsArray, ...values: readonly Renderable[]): Html =>
  new Html(strings.reduce((text, part, i) => text + render(values[i - 1]) + part));

/** Our own style sheet and script, which escaping would break. */
export const trusted = (text: string): Html => new Html(text);
