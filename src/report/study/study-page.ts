import {basename} from 'node:path';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {groupBy} from '../../core/group-by.js';
import {errorChart, errorScale, type ErrorSeries} from '../charts/error-curves.js';
import {formatDuration, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {page, scrollable, section} from '../page.js';
import {commandBox, environmentTable, settingsTable} from '../run-details.js';
import {nameOf} from '../run-record.js';
import {networkKind, networkTraits} from './network-traits.js';
import {
  compareNetworks,
  summarizeNetworks,
  type ErrorChange,
  type NetworkComparison,
  type NetworkResult,
  type SeedStatistics,
  type StudyRecord,
  type StudyRun,
} from './study-record.js';
import {formatPoints, formatVerdict} from './verdict.js';

const number = (content: Html | string): Html => html`<td class="number">${content}</td>`;

/** Mean over the seeds, with their range below it. */
const errorCell = ({mean, low, high}: SeedStatistics): Html =>
  number(
    html`${formatPercent(mean)}${low < high && html`<small>${formatPercent(low)} to ${formatPercent(high)}</small>`}`,
  );

/** Charts by kind if a kind has several depths, as in the paper; else one chart. */
function errorCharts(networks: readonly NetworkResult[]): Html {
  const series = networks.map((network, i): ErrorSeries => ({...network, color: (i % 6) + 1}));
  const scale = errorScale(networks);
  const kinds = groupBy(series, ({arch}) => networkKind(networkTraits(arch)));
  const isSplit = kinds.size > 1 && [...kinds.values()].some(({length}) => length > 1);
  const charts = isSplit ? [...kinds] : [['all', series] as const];
  return html`
    <p class="quiet">
      Thin: training error. Bold: validation error. Bands: from the best to the worst seed.
    </p>
    <div class="charts">
      ${charts.map(([kind, ofKind]) => errorChart(`${kind} networks`, ofKind, scale))}
    </div>
  `;
}

/** Links to the reports of a network's runs. They are next to the page. */
const reportLinks = (runs: readonly StudyRun[]): Html =>
  html`<small
    >${runs.map(({run, seed}) => html`<a href="runs/${basename(run)}/report.html">seed ${seed}</a>`)}</small
  >`;

const networksTable = (networks: readonly NetworkResult[], runs: readonly StudyRun[]): Html =>
  scrollable(
    'Networks',
    html`
      <table class="study">
        <thead>
          <tr>
            <th>Network</th>
            ${['Training error', 'Validation error', 'Layers', 'Parameters', 'Time a run'].map(
              title => html`<th class="number">${title}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${networks.map(
            ({arch, parameters, trainingError, validationError, seconds}) =>
              html`<tr>
                <th scope="row">${arch} ${reportLinks(runs.filter(run => run.arch === arch))}</th>
                ${errorCell(trainingError)} ${errorCell(validationError)}
                ${number(String(networkTraits(arch).depth))} ${number(formatInteger(parameters))}
                ${number(formatDuration(seconds))}
              </tr>`,
          )}
        </tbody>
      </table>
    `,
  );

const TRAIT_NAMES: Readonly<Record<NetworkComparison['differsIn'], string>> = {
  depth: 'depth',
  shortcut: 'shortcut',
  preActivation: 'pre-activation',
};

const changeCell = ({difference, isClear}: ErrorChange): Html =>
  number(
    html`${formatPoints(difference)} ${isClear === false && html`<small>seeds overlap</small>`}`,
  );

const comparisonsTable = (comparisons: readonly NetworkComparison[]): Html =>
  scrollable(
    'Comparisons',
    html`
      <table class="study">
        <thead>
          <tr>
            <th>From</th>
            <th>To</th>
            <th>Differ in</th>
            <th class="number">Training error, points</th>
            <th class="number">Validation error, points</th>
          </tr>
        </thead>
        <tbody>
          ${comparisons.map(
            ({differsIn, from, to, training, validation}) =>
              html`<tr>
                <th scope="row">${from}</th>
                <td>${to}</td>
                <td>${TRAIT_NAMES[differsIn]}</td>
                ${changeCell(training)} ${changeCell(validation)}
              </tr>`,
          )}
        </tbody>
      </table>
    `,
  );

const definitions = ({images, source}: StudyRecord, seeds: number): Html => html`
  <p>
    Training error is that of the augmented training images while they are trained on: each is
    judged before the update that it is part of, and an epoch is the mean over its images.
    Validation error is measured after each epoch on ${formatInteger(images.validation)} images that
    are not trained on. The tables have the last epoch.
  </p>
  <p>
    All networks start from random weights, on the same split and by the same recipe.
    ${seeds === 1 ? 'There is one seed, so how far two runs of the same network would differ is not known.' : `There are ${seeds} seeds. The tables have their mean, and their range below it.`}
    The question is that of ${source}.
  </p>
`;

function body(record: StudyRecord): Html {
  const {study, question, dataset, images, classes, runs, finishedAt} = record;
  const networks = summarizeNetworks(runs);
  const comparisons = compareNetworks(networks);
  const seeds = Math.min(...networks.map(network => network.seeds.length));
  return html`
    <header>
      <p class="eyebrow">Study: ${study}</p>
      <h1>${nameOf(dataset)}</h1>
      <p class="quiet">
        ${formatInteger(images.train)} training images in
        ${formatCount(classes, 'class', 'classes')}, ${formatCount(networks.length, 'network')},
        ${formatCount(seeds, 'seed')}, finished
        <time datetime="${finishedAt}">${finishedAt.slice(0, 16).replace('T', ' ')}</time> UTC
      </p>
    </header>
    <section class="answer">
      <p class="figure-label">${question}</p>
      <ul>
        ${comparisons.map(comparison => html`<li>${formatVerdict(comparison)}</li>`)}
      </ul>
    </section>
    ${section('Error by epoch', errorCharts(networks))}
    ${section('Networks', networksTable(networks, runs))}
    ${comparisons.length > 0 && section('Comparisons', comparisonsTable(comparisons))}
    ${section('How it was measured', definitions(record, seeds))}
    ${section('Reproduce', commandBox(record.command))}
    ${section('Effective settings', settingsTable(record.settings))}
    ${section('Environment', environmentTable(record.environment))}
  `;
}

/** Renders the page of a study as one self-contained HTML document, with links to the reports of its runs. */
export const studyHtml = (record: StudyRecord): string =>
  page(`${nameOf(record.dataset)}: study of ${record.study}`, body(record));
