import {basename} from 'node:path';
import type {Metrics} from '../training/metrics/metrics.js';
import {formatInteger} from '../core/text/format-count.js';
import {formatDuration, formatPercent, formatInterval} from './format.js';
import {html, type Html} from './html.js';
import {page, scrollable, section} from './page.js';
import {nameOf, type Timings} from './run-record.js';

/** Mean and standard deviation over the folds. */
interface FoldStatistics {
  readonly mean: number;
  readonly std: number;
}

/** Data for the page of a cross-validation. */
export interface CrossValidationRecord {
  readonly dataset: string;
  readonly arch: string;
  readonly images: number;
  readonly classes: readonly string[];
  readonly summary: {
    readonly accuracy: FoldStatistics;
    readonly balancedAccuracy: FoldStatistics;
    readonly macroF1: FoldStatistics;
    readonly loss: FoldStatistics;
    readonly pooled: {
      readonly numImages: number;
      readonly accuracy: number;
      readonly accuracyCi95: readonly [number, number];
    };
  };
  readonly folds: readonly {
    readonly metrics: Metrics;
    readonly timings: Pick<Timings, 'total'>;
    readonly run?: string;
  }[];
  /** Whether the models of all folds were exported as one ensemble. */
  readonly hasEnsemble?: boolean;
}

const number = (text: string): Html => html`<td class="number">${text}</td>`;

/** Renders the name of a fold. Its directory is next to the page. */
const foldName = (run: string | undefined, fold: number): Html | string =>
  run === undefined
    ? `Fold ${fold}`
    : html`<a href="${basename(run)}/report.html">Fold ${fold}</a>`;

const foldRow = (
  {metrics, timings, run}: CrossValidationRecord['folds'][number],
  index: number,
): Html => html`
  <tr>
    <th scope="row">${foldName(run, index + 1)}</th>
    ${number(formatInteger(metrics.numImages))} ${number(formatPercent(metrics.accuracy))}
    ${number(formatPercent(metrics.balancedAccuracy))} ${number(metrics.macroF1.toFixed(3))}
    ${number(metrics.loss.toFixed(4))} ${number(formatDuration(timings.total))}
  </tr>
`;

/** Renders a summary row: the mean or the deviation of each metric, in the order of the columns. */
function summaryRow(
  title: string,
  {summary, folds}: CrossValidationRecord,
  of: 'mean' | 'std',
): Html {
  const {accuracy, balancedAccuracy, macroF1, loss} = summary;
  const timings = folds.reduce((sum, fold) => sum + fold.timings.total, 0) / folds.length;
  return html`
    <tr>
      <th scope="row">${title}</th>
      ${number('')} ${number(formatPercent(accuracy[of]))}
      ${number(formatPercent(balancedAccuracy[of]))} ${number(macroF1[of].toFixed(3))}
      ${number(loss[of].toFixed(4))} ${number(of === 'mean' ? formatDuration(timings) : '')}
    </tr>
  `;
}

const COLUMNS = ['Images', 'Accuracy', 'Balanced', 'Macro F1', 'Loss', 'Time'];

const foldsTable = (record: CrossValidationRecord): Html =>
  scrollable(
    'Folds',
    html`
      <table>
        <thead>
          <tr>
            <th>Fold</th>
            ${COLUMNS.map(title => html`<th class="number">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${record.folds.map(foldRow)}
        </tbody>
        <tfoot>
          ${summaryRow('Mean', record, 'mean')} ${summaryRow('Spread (±)', record, 'std')}
        </tfoot>
      </table>
    `,
  );

/** Recall per class over all folds, in which every image counts once. */
function pooledRecall({classes, folds}: CrossValidationRecord): {
  readonly name: string;
  readonly images: number;
  readonly recall: number;
}[] {
  const all = classes.map(name => {
    const ofFolds = folds.flatMap(({metrics}) => metrics.perClass[name] ?? []);
    const images = ofFolds.reduce((sum, {support}) => sum + support, 0);
    const found = ofFolds.reduce((sum, {support, recall}) => sum + support * (recall ?? 0), 0);
    return {name, images, recall: images === 0 ? 0 : found / images};
  });
  return all.sort((a, b) => a.recall - b.recall);
}

const classesTable = (record: CrossValidationRecord): Html =>
  scrollable(
    'Classes over all folds',
    html`
      <table>
        <thead>
          <tr>
            <th>Class</th>
            <th class="number">Images</th>
            <th class="number">Recall</th>
          </tr>
        </thead>
        <tbody>
          ${pooledRecall(record).map(
            ({name, images, recall}) =>
              html`<tr>
                <th scope="row">${name}</th>
                ${number(formatInteger(images))} ${number(formatPercent(recall))}
              </tr>`,
          )}
        </tbody>
      </table>
    `,
    'tall',
  );

function body(record: CrossValidationRecord): Html {
  const {accuracy, pooled} = record.summary;
  const points = (100 * accuracy.std).toFixed(1);
  return html`
    <header>
      <p class="eyebrow">Cross-validation report</p>
      <h1>${nameOf(record.dataset)}</h1>
      <p class="quiet">
        ${record.arch}, ${record.folds.length} folds of ${formatInteger(record.images)} images in
        ${formatInteger(record.classes.length)} classes
      </p>
    </header>
    <section class="hero">
      <div class="result">
        <p class="figure">${formatPercent(accuracy.mean)}</p>
        <p class="figure-label">mean validation accuracy, ± ${points} points</p>
        <p>
          Over all folds ${formatPercent(pooled.accuracy)} of ${formatInteger(pooled.numImages)}
          images are right, each judged by the fold that did not train on it (95 % interval:
          ${formatInterval(pooled.accuracyCi95)}).
        </p>
        <p class="quiet">
          The spread is the sample standard deviation over the folds.
          ${
            record.hasEnsemble === true
              ? 'The models of all folds are one ensemble, in the folder model.'
              : 'For a model to use, train again without --folds, or with --ensemble.'
          }
        </p>
      </div>
    </section>
    ${section('Folds', foldsTable(record))}
    ${section('Classes over all folds, lowest recall first', classesTable(record))}
  `;
}

/** Renders the page of a cross-validation as one self-contained HTML document, with links to the reports of its folds. */
export const crossValidationHtml = (record: CrossValidationRecord): string =>
  page(`${nameOf(record.dataset)}, ${record.arch}: cross-validation report`, body(record));
