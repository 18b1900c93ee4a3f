import type {Finding} from '../core/finding.js';
import {plural} from './format.js';
import {html, type Html} from './html.js';
import {page, section} from './page.js';
import {figure, isShown} from './picture.js';

/** What a check tells, for a page. */
export interface CheckRecord {
  /** Name of the folder. */
  readonly name: string;
  readonly images: number;
  readonly classes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly findings: readonly Finding[];
  /** Why a run would refuse the folder. */
  readonly refusal?: string;
  /** `data:image/...` addresses of some of the findings' files, by name. */
  readonly thumbnails: ReadonlyMap<string, string>;
}

const SEVERITIES = ['error', 'warning', 'note'] as const;

/** Files that are named under a finding; the list of all of them is for programs. */
const MOST_NAMED = 200;

function item({severity, message, files, exclude = []}: Finding, thumbnails: CheckRecord['thumbnails']): Html {
  const pictures = files.map(name => ({name, thumbnail: thumbnails.get(name)})).filter(isShown);
  return html`<li class="${severity}">
    <span class="badge">${severity}</span>
    <div>
      ${message} ${exclude.length > 0 && html`<small>A fix list leaves out ${plural(exclude.length, 'file')}.</small>`}
      ${pictures.length > 0 && html`<div class="gallery">${pictures.map(shown => figure(shown, html`<small>${shown.name}</small>`))}</div>`}
      ${
        files.length > 0 &&
        html`<details>
          <summary>${plural(files.length, 'file')}</summary>
          <ul>
            ${files.slice(0, MOST_NAMED).map(name => html`<li><code>${name}</code></li>`)}
          </ul>
          ${files.length > MOST_NAMED && html`<p>and ${plural(files.length - MOST_NAMED, 'more file')}</p>`}
        </details>`
      }
    </div>
  </li>`;
}

function classTable(classes: CheckRecord['classes']): Html {
  const parts = Object.keys(Object.values(classes)[0] ?? {});
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Class</th>
          ${parts.map(part => html`<th class="number">${part}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${Object.entries(classes).map(
          ([name, sizes]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${parts.map(part => html`<td class="number">${sizes[part]!}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** What `finetune check` found, as one HTML document that needs nothing else: the gravest first, with pictures. */
export function checkPage({name, images, classes, findings, refusal, thumbnails}: CheckRecord): string {
  const sorted = SEVERITIES.flatMap(severity => findings.filter(finding => finding.severity === severity));
  const found =
    sorted.length === 0
      ? html`<p>Nothing worth a word.</p>`
      : html`<ul class="findings">
          ${sorted.map(finding => item(finding, thumbnails))}
        </ul>`;
  return page(
    `${name}: check of a dataset`,
    html`<header>
        <p class="eyebrow">Check of a dataset</p>
        <h1>${name}</h1>
        <p class="quiet">${plural(images, 'readable image')} in ${plural(Object.keys(classes).length, 'class', 'classes')}</p>
      </header>
      ${refusal !== undefined && section('A run would refuse this', html`<p>${refusal}</p>`)} ${section('Found', found)}
      ${section('Classes', classTable(classes))}`,
  );
}
