import {formatBytes} from '../../core/text/format-bytes.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {formatPValue, formatVerdictOfTest} from '../describe-difference.js';
import {formatDuration, formatInterval, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {page, scrollable, section} from '../page.js';
import {nameOf} from '../run-record.js';
import {accuracyChart} from './accuracy-chart.js';
import {classRecalls} from './class-recalls.js';
import {describeBest, describeOtherDevices, describePair, describeTests, formatSetting} from './comparison-text.js'; // prettier-ignore
import {disagreementGallery, shownImages} from './disagreement-gallery.js';
import {networkName, weightsName, type ComparedRun, type RunComparison} from './run-comparison.js';
import {runCurves} from './run-curves.js';
import {seriesClass} from './series.js';

export {shownImages};

const number = (content: Html | string): Html => html`<td class="number">${content}</td>`;

/** Renders a table with headings; from `numbers` on, columns hold numbers. */
const table = (
  label: string,
  headings: readonly string[],
  numbers: number,
  rows: readonly Html[],
): Html =>
  scrollable(
    label,
    html`<table class="compared">
      <thead>
        <tr>
          ${headings.map((title, i) => html`<th ${i >= numbers && html`class="number"`}>${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );

const RUN_HEADINGS = [
  'Run',
  'Network',
  'Weights',
  'Accuracy',
  'Balanced',
  'Loss',
  'Trained',
  'Size',
];

const sizeCell = ({modelBytes, parameters}: ComparedRun): Html | string =>
  modelBytes === undefined
    ? '–'
    : html`${formatBytes(modelBytes)}${parameters !== undefined && html`<small>${formatInteger(parameters)} parameters</small>`}`;

const runsTable = ({runs, best}: RunComparison): Html =>
  table(
    'Runs',
    RUN_HEADINGS,
    3,
    runs.map(
      (run, i) =>
        html`<tr>
          <th scope="row">
            <span class="key ${seriesClass(i)}">${run.name}</span>
            ${run.name === best && html`<small>best</small>`}
          </th>
          <td>${networkName(run)}</td>
          <td>${weightsName(run)}</td>
          ${number(html`${formatPercent(run.metrics.accuracy)}<small>${formatInterval(run.metrics.accuracyCi95)}</small>`)}
          ${number(formatPercent(run.metrics.balancedAccuracy))}
          ${number(run.metrics.loss.toFixed(3))} ${number(formatDuration(run.seconds))}
          ${number(sizeCell(run))}
        </tr>`,
    ),
  );

const pairsTable = ({paired, best}: RunComparison): Html =>
  table(
    'Paired tests',
    ['Run', 'Images', 'Only it right', `Only ${best} right`, 'Both right', 'Both wrong', 'p', ''],
    1,
    paired.flatMap(({name, test}) =>
      test === undefined
        ? []
        : html`<tr>
            <th scope="row">${name}</th>
            ${[test.images, test.onlyThis, test.onlyBest, test.bothRight, test.bothWrong].map(count => number(formatInteger(count)))}
            ${number(formatPValue(test.pValue))} ${number(formatVerdictOfTest(test.isClear))}
          </tr>`,
    ),
  );

function pairsSection(comparison: RunComparison): Html {
  const {paired} = comparison;
  const problems = paired.flatMap(({problem}) => problem ?? []);
  return html`
    ${paired.some(({test}) => test !== undefined) && pairsTable(comparison)}
    ${problems.map(problem => html`<p class="caution">${problem}</p>`)}
    <p class="quiet below-table">${describeTests(comparison)}</p>
  `;
}

const settingsTable = ({settings, runs}: RunComparison): Html =>
  settings.length === 0
    ? html`<p>
        There are none. Runs with the same settings and images differ by their machine at most.
      </p>`
    : table(
        'Settings that differ',
        ['Setting', ...runs.map(({name}) => name)],
        runs.length + 1,
        settings.map(
          ({path, values}) =>
            html`<tr>
              <th scope="row">${path}</th>
              ${runs.map(({name}) => html`<td><code>${formatSetting(path, values[name])}</code></td>`)}
            </tr>`,
        ),
      );

/** Renders the answer: the best run, and each other run against it. */
function answer(comparison: RunComparison): Html {
  const devices = describeOtherDevices(comparison);
  return html`<section class="answer">
    <p class="figure-label">${describeBest(comparison)}</p>
    <ul>
      ${comparison.paired.map(pair => html`<li>${describePair(pair, comparison)}</li>`)}
    </ul>
    ${devices !== undefined && html`<p class="quiet">${devices}</p>`}
  </section>`;
}

function body(comparison: RunComparison, thumbnails: ReadonlyMap<string, string>): Html {
  const {runs, classes} = comparison;
  const datasets = [...new Set(runs.map(({dataset}) => nameOf(dataset)))];
  return html`
    <header>
      <p class="eyebrow">Comparison of runs</p>
      <h1>${datasets.join(', ')}</h1>
      <p class="quiet">
        ${runs.map(({name}) => name).join(', ')}; ${formatCount(classes.length, 'class', 'classes')}
      </p>
    </header>
    ${answer(comparison)} ${section('Accuracy', accuracyChart(runs))}
    ${section('Runs', runsTable(comparison))} ${section('Image by image', pairsSection(comparison))}
    ${section('Training curves', runCurves(runs))}
    ${section('Settings that differ', settingsTable(comparison))}
    ${section('Recall of each class', classRecalls(comparison))}
    ${section('Images on which the runs disagree', disagreementGallery(comparison, thumbnails))}
  `;
}

/**
 * Renders the page of a comparison as one self-contained HTML document.
 * @param thumbnails `data:image/...` URLs by the hash of the image
 */
export const comparisonHtml = (
  comparison: RunComparison,
  thumbnails: ReadonlyMap<string, string>,
): string =>
  page(
    `${comparison.runs.map(({name}) => name).join(', ')}: comparison`,
    body(comparison, thumbnails),
  );
