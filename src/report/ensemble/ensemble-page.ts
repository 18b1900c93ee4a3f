import type {Metrics} from '../../training/metrics/metrics.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {smallSampleWarning} from '../charts/small-sample.js';
import {classTable} from '../class-table.js';
import {formatDuration, formatInterval, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {page, scrollable, section} from '../page.js';
import {nameOf} from '../run-record.js';
import {describeComparison, type Comparison} from './describe-comparison.js';

/** Metrics of an ensemble and of its members on one split. */
interface SplitRecord {
  readonly metrics: Metrics;
  readonly members: readonly {readonly name: string; readonly metrics: Metrics}[];
  readonly comparison: Comparison;
}

/** Data for the page of an ensemble. */
export interface EnsemblePageRecord {
  readonly dataset: string;
  readonly classes: readonly string[];
  readonly members: readonly {
    readonly name: string;
    readonly arch: string;
    /** Report of the member's run, relative to the page. */
    readonly report: string;
  }[];
  readonly evaluations: {readonly validation?: SplitRecord; readonly test?: SplitRecord};
  /** Seconds that all runs took together. */
  readonly seconds: number;
}

/** Number of classes up to which every image is in the top 5. */
const TOP5_CLASSES = 5;

const number = (text: string): Html => html`<td class="number">${text}</td>`;

function metricsCells(metrics: Metrics, hasTop5: boolean): Html[] {
  const {accuracy, accuracyCi95, top5Accuracy, top5AccuracyCi95, balancedAccuracy, loss} = metrics;
  return [
    number(formatPercent(accuracy)),
    number(formatInterval(accuracyCi95)),
    ...(hasTop5
      ? [number(formatPercent(top5Accuracy)), number(formatInterval(top5AccuracyCi95))]
      : []),
    number(formatPercent(balancedAccuracy)),
    number(loss.toFixed(4)),
  ];
}

function splitTable(
  {metrics, members}: SplitRecord,
  {members: networks, classes}: EnsemblePageRecord,
): Html {
  const hasTop5 = classes.length > TOP5_CLASSES;
  const columns = [
    ...['Top-1', '95 % interval'],
    ...(hasTop5 ? ['Top-5', '95 % interval'] : []),
    ...['Balanced', 'Loss'],
  ];
  const reports = new Map(networks.map(({name, report}) => [name, report]));
  return scrollable(
    'Networks and their ensemble',
    html`<table>
      <thead>
        <tr>
          <th>Model</th>
          ${columns.map(title => html`<th class="number">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${members.map(
          ({name, metrics: alone}) =>
            html`<tr>
              <th scope="row"><a href="${reports.get(name) ?? ''}">${name}</a></th>
              ${metricsCells(alone, hasTop5)}
            </tr>`,
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Ensemble</th>
          ${metricsCells(metrics, hasTop5)}
        </tr>
      </tfoot>
    </table>`,
  );
}

const SET_NAMES = {validation: 'validation', test: 'test'} as const;

function splitSection(
  split: keyof typeof SET_NAMES,
  evaluation: SplitRecord,
  record: EnsemblePageRecord,
): Html {
  const [difference, caution] = describeComparison(
    evaluation.comparison,
    evaluation.members.length,
  );
  const images = formatCount(evaluation.metrics.numImages, `${SET_NAMES[split]} image`);
  return section(
    `On ${images}`,
    html`${splitTable(evaluation, record)}
      <p>${difference}</p>
      <p class="quiet">${caution}</p>`,
  );
}

function hero(record: EnsemblePageRecord): Html {
  const {validation, test} = record.evaluations;
  const [split, evaluation] =
    test === undefined ? (['validation', validation] as const) : (['test', test] as const);
  if (evaluation === undefined) return html`<p>No image was left to evaluate the ensemble on.</p>`;
  const {accuracy, accuracyCi95, numImages} = evaluation.metrics;
  return html`<section class="hero">
    <div class="result">
      <p class="figure">${formatPercent(accuracy)}</p>
      <p class="figure-label">${split} accuracy of the ensemble</p>
      <p>
        Between ${formatPercent(accuracyCi95[0])} and ${formatPercent(accuracyCi95[1])} with 95 %
        confidence, measured on ${formatInteger(numImages)} images that no network was trained on.
      </p>
      <p class="quiet">${smallSampleWarning(evaluation.metrics, split) ?? ''}</p>
    </div>
  </section>`;
}

function body(record: EnsemblePageRecord): Html {
  const {dataset, classes, members, evaluations, seconds} = record;
  const evaluated = evaluations.test ?? evaluations.validation;
  return html`
    <header>
      <p class="eyebrow">Ensemble report</p>
      <h1>${nameOf(dataset)}</h1>
      <p class="quiet">
        ${members.map(({name}) => name).join(', ')}; ${formatInteger(classes.length)} classes;
        trained in ${formatDuration(seconds)}
      </p>
    </header>
    ${hero(record)} ${evaluations.test && splitSection('test', evaluations.test, record)}
    ${evaluations.validation && splitSection('validation', evaluations.validation, record)}
    ${evaluated && section('Classes', classTable(evaluated.metrics, classes))}
  `;
}

/** Renders the page of an ensemble as one self-contained HTML document, with links to the reports of its members. */
export const ensembleHtml = (record: EnsemblePageRecord): string =>
  page(`${nameOf(record.dataset)}: ensemble report`, body(record));
