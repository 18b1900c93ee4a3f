import {printableLines} from '../core/text/printable.js';

/** Text that is HTML already. Only `html` and `trusted` create it. */
export class Html {
  constructor(readonly text: string) {}
}

/** Values of a template. Everything except `Html` is escaped; `undefined` and `false` render nothing. */
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

/** Template tag for HTML. Values are escaped for text and quoted attributes. */
export const html = (strings: TemplateStringsArray, ...values: readonly Renderable[]): Html =>
  new Html(strings.reduce((text, part, i) => text + render(values[i - 1]) + part));

/** Marks the package's own style sheet and script as HTML, since escaping would break them. */
export const trusted = (text: string): Html => new Html(text);
