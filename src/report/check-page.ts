import type {Finding} from '../core/finding.js';
import {plural} from './format.js';
import {html, type Html} from './html.js';
import {page, scrolling, section} from './page.js';
import {withoutFolders} from './paths.js';
import {commandBox} from './provenance.js';
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
  /** What to type next. */
  readonly next: string;
  /** `data:image/...` addresses of some of the findings' files, by name. */
  readonly thumbnails: ReadonlyMap<string, string>;
}

const SEVERITIES = ['error', 'warning', 'note'] as const;

/** Files that are named under a finding; the list of all of them is for programs. */
const MOST_NAMED = 200;

/** A finding about more, and about most of a folder, is shown without pictures: a few by chance tell nothing. */
export const MOST_PICTURES = 24;

function item({severity, message, files, exclude = []}: Finding, {images, thumbnails}: CheckRecord): Html {
  const isOfMost = files.length > MOST_PICTURES && files.length > images / 2;
  const pictures = isOfMost ? [] : files.map(name => ({name, thumbnail: thumbnails.get(name)})).filter(isShown);
  return html`<li class="${severity}">
    <span class="badge">${severity}</span>
    <div>
      ${withoutFolders(message)} ${exclude.length > 0 && html`<small>On the fix list: ${plural(exclude.length, 'file')}.</small>`}
      ${pictures.length > 0 && html`<div class="gallery">${pictures.map(shown => figure(shown, html``))}</div>`}
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
  return scrolling(
    'Images of each class',
    html`<table>
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
    </table>`,
  );
}

/** Whether a run would start, what had better be left out, and what to type. */
function verdict({findings, refusal, next}: CheckRecord): Html {
  const leaving = new Set(findings.flatMap(({exclude = []}) => exclude)).size;
  const counts = SEVERITIES.flatMap(severity => {
    const found = findings.filter(finding => finding.severity === severity).length;
    return found === 0 ? [] : [plural(found, severity)];
  });
  return html`
    <section>
      <h2>${refusal === undefined ? 'Ready to train' : 'A run would refuse this'}</h2>
      ${refusal !== undefined && html`<p>${withoutFolders(refusal)}</p>`}
      <p>
        ${counts.length === 0 ? 'Nothing was found.' : `${counts.join(', ')}.`}
        ${leaving > 0 && `${plural(leaving, 'file')} had better be left out: a fix list names ${leaving === 1 ? 'it' : 'them'}.`}
      </p>
      ${commandBox(next)}
    </section>
  `;
}

/** What `finetune check` found, as one HTML document that needs nothing else: the gravest first, with pictures. */
export function checkPage(record: CheckRecord): string {
  const {name, images, classes, findings} = record;
  const sorted = SEVERITIES.flatMap(severity => findings.filter(finding => finding.severity === severity));
  const found =
    sorted.length === 0
      ? html`<p>Nothing worth a word.</p>`
      : html`<ul class="findings">
          ${sorted.map(finding => item(finding, record))}
        </ul>`;
  return page(
    `${name}: check of a dataset`,
    html`<header>
        <p class="eyebrow">Check of a dataset</p>
        <h1>${name}</h1>
        <p class="quiet">${plural(images, 'readable image')} in ${plural(Object.keys(classes).length, 'class', 'classes')}</p>
      </header>
      ${verdict(record)} ${section('Found', found)} ${section('Classes', classTable(classes))}`,
  );
}
