import type {Finding} from '../core/finding.js';
import {formatCount} from '../core/text/format-count.js';
import {html, type Html} from './html.js';
import {page, scrollable, section} from './page.js';
import {redactPaths} from './paths.js';
import {commandBox} from './run-details.js';
import {figure, hasThumbnail} from './charts/figure.js';

/** Data for the page of a check. */
export interface CheckRecord {
  /** Name of the dataset folder. */
  readonly name: string;
  readonly images: number;
  readonly classes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly findings: readonly Finding[];
  /** The error that a run would throw for the folder. */
  readonly error?: string;
  /** The next command. */
  readonly next: string;
  /** Thumbnails of some of the findings' files, as `data:image/...` URLs by file name. */
  readonly thumbnails: ReadonlyMap<string, string>;
}

const SEVERITIES = ['error', 'warning', 'note'] as const;

/** Maximum number of files named per finding. The complete list is in the JSON output. */
const MAX_FILES = 200;

/**
 * Maximum number of images per finding. A finding about more files, and about most of the folder, is shown without images: a random few say
 * nothing.
 */
export const MAX_FIGURES = 24;

function item(
  {severity, message, files, exclude = []}: Finding,
  {images, thumbnails}: CheckRecord,
): Html {
  const affectsMost = files.length > MAX_FIGURES && files.length > images / 2;
  const figures = affectsMost
    ? []
    : files.map(name => ({name, thumbnail: thumbnails.get(name)})).filter(hasThumbnail);
  return html`<li class="${severity}">
    <span class="badge">${severity}</span>
    <div>
      ${redactPaths(message)}
      ${exclude.length > 0 && html`<small>To exclude: ${formatCount(exclude.length, 'file')}.</small>`}
      ${figures.length > 0 && html`<div class="gallery">${figures.map(shown => figure(shown, html``))}</div>`}
      ${
        files.length > 0 &&
        html`<details>
          <summary>${formatCount(files.length, 'file')}</summary>
          <ul>
            ${files.slice(0, MAX_FILES).map(name => html`<li><code>${name}</code></li>`)}
          </ul>
          ${files.length > MAX_FILES && html`<p>and ${formatCount(files.length - MAX_FILES, 'more file')}</p>`}
        </details>`
      }
    </div>
  </li>`;
}

function classTable(classes: CheckRecord['classes']): Html {
  const splits = Object.keys(Object.values(classes)[0] ?? {});
  return scrollable(
    'Images of each class',
    html`<table>
      <thead>
        <tr>
          <th>Class</th>
          ${splits.map(split => html`<th class="number">${split}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${Object.entries(classes).map(
          ([name, sizes]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${splits.map(split => html`<td class="number">${sizes[split]!}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

/** Renders the summary: whether a run would start, which files to exclude, and the next command. */
function summarySection({findings, error, next}: CheckRecord): Html {
  const numExcluded = new Set(findings.flatMap(({exclude = []}) => exclude)).size;
  const counts = SEVERITIES.flatMap(severity => {
    const found = findings.filter(finding => finding.severity === severity).length;
    return found === 0 ? [] : [formatCount(found, severity)];
  });
  return html`
    <section>
      <h2>${error === undefined ? 'Ready to train' : 'Not ready to train'}</h2>
      ${error !== undefined && html`<p>${redactPaths(error)}</p>`}
      <p>
        ${counts.length === 0 ? 'No issues found.' : `${counts.join(', ')}.`}
        ${numExcluded > 0 && `${formatCount(numExcluded, 'file')} should be excluded: --write-exclude lists ${numExcluded === 1 ? 'it' : 'them'}.`}
      </p>
      ${commandBox(next)}
    </section>
  `;
}

/** Renders the findings of `finetune check` as one self-contained HTML document, most severe first, with images. */
export function checkPage(record: CheckRecord): string {
  const {name, images, classes, findings} = record;
  const sorted = SEVERITIES.flatMap(severity =>
    findings.filter(finding => finding.severity === severity),
  );
  const found =
    sorted.length === 0
      ? html`<p>No issues found.</p>`
      : html`<ul class="findings">
          ${sorted.map(finding => item(finding, record))}
        </ul>`;
  return page(
    `${name}: check of a dataset`,
    html`<header>
        <p class="eyebrow">Check of a dataset</p>
        <h1>${name}</h1>
        <p class="quiet">
          ${formatCount(images, 'readable image')} in
          ${formatCount(Object.keys(classes).length, 'class', 'classes')}
        </p>
      </header>
      ${summarySection(record)} ${section('Dataset issues', found)}
      ${section('Classes', classTable(classes))}`,
  );
}
