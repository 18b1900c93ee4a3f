import type {Finding} from '../../core/finding.js';
import {formatCount} from '../../core/text/format-count.js';
import {formatPathLine} from '../../core/files/path-list.js';
import type {ImageDistributions} from '../../datasets/inspection/image-distributions.js';
import {html, type Html} from '../html.js';
import {page, section} from '../page.js';
import {redactPaths} from '../paths.js';
import {commandBox} from '../run-details.js';
import {figure, hasThumbnail} from '../charts/figure.js';
import {classOverview, type ClassView} from './class-overview.js';
import {distributionsView} from './distributions.js';
import {excludeBox, tickedFiles} from './ticked-files.js';

/** Data for the page of a check. */
export interface CheckRecord {
  /** Name of the dataset folder. */
  readonly name: string;
  readonly images: number;
  readonly classes: readonly ClassView[];
  /** What the readable images are like. */
  readonly distributions: ImageDistributions;
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

/** Maximum number of groups of duplicates that are shown. */
export const MAX_GROUPS = 12;

/** Files that a finding shows: those of a group side by side, or all in one gallery. */
function shownGroups(
  {files, groups = []}: Finding,
  images: number,
): readonly (readonly string[])[] {
  if (groups.length > 0)
    return groups.slice(0, MAX_GROUPS).map(group => group.slice(0, MAX_FIGURES));
  const affectsMost = files.length > MAX_FIGURES && files.length > images / 2;
  return affectsMost ? [] : [files];
}

function gallery(
  names: readonly string[],
  thumbnails: CheckRecord['thumbnails'],
  ticked: ReadonlySet<string>,
): Html | false {
  const figures = names.map(name => ({name, thumbnail: thumbnails.get(name)})).filter(hasThumbnail);
  return (
    figures.length > 0 &&
    html`<div class="gallery">
      ${figures.map(shown => figure(shown, excludeBox(formatPathLine(shown.name), ticked.has(shown.name))))}
    </div>`
  );
}

function item(
  finding: Finding,
  {images, thumbnails}: CheckRecord,
  ticked: ReadonlySet<string>,
): Html {
  const {severity, message, files, exclude = []} = finding;
  return html`<li class="${severity}">
    <span class="badge">${severity}</span>
    <div>
      ${redactPaths(message)}
      ${exclude.length > 0 && html`<small>To exclude: ${formatCount(exclude.length, 'file')}.</small>`}
      ${shownGroups(finding, images).map(group => gallery(group, thumbnails, ticked))}
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

/** Files that the findings want excluded. */
const excludedFiles = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.flatMap(({exclude = []}) => exclude))].sort();

/** Renders the summary: whether a run would start, which files to exclude, and the next command. */
function summarySection({findings, error, next}: CheckRecord): Html {
  const numExcluded = excludedFiles(findings).length;
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
        ${numExcluded > 0 && `${formatCount(numExcluded, 'file')} should be excluded: --write-exclude lists ${numExcluded === 1 ? 'it' : 'them'}, and so does the end of this page.`}
      </p>
      ${commandBox(next)}
    </section>
  `;
}

/** Renders the findings of `finetune check` as one self-contained HTML document, most severe first, with images. */
export function checkPage(record: CheckRecord): string {
  const {name, images, classes, findings, distributions, thumbnails} = record;
  const excluded = excludedFiles(findings);
  const ticked = new Set(excluded);
  const sorted = SEVERITIES.flatMap(severity =>
    findings.filter(finding => finding.severity === severity),
  );
  const found =
    sorted.length === 0
      ? html`<p>No issues found.</p>`
      : html`<ul class="findings">
          ${sorted.map(finding => item(finding, record, ticked))}
        </ul>`;
  return page(
    `${name}: check of a dataset`,
    html`<header>
        <p class="eyebrow">Check of a dataset</p>
        <h1>${name}</h1>
        <p class="quiet">
          ${formatCount(images, 'readable image')} in
          ${formatCount(classes.length, 'class', 'classes')}
        </p>
      </header>
      ${summarySection(record)} ${section('Classes', classOverview(classes, thumbnails))}
      ${section('Images', distributionsView(distributions))} ${section('Dataset issues', found)}
      ${sorted.length > 0 && section('Exclude list', tickedFiles(excluded.map(formatPathLine)))}`,
  );
}
