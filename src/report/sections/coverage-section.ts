import {formatInteger} from '../../core/text/format-count.js';
import type {CoveragePoint} from '../../training/metrics/coverage.js';
import {yOf} from '../charts/chart-frame.js';
import {fractionChart, fractionScale, polylinePoints, xOfFraction} from '../charts/plot.js';
import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {scrollable} from '../page.js';

/** Thresholds of the table. */
const SHOWN = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
/** Accuracies that a threshold is recommended for. */
const TARGETS = [0.9, 0.95, 0.98, 0.99];
/** Fewer answers than this recommend nothing: they may be right by chance. */
const MIN_ANSWERS = 20;

const SCALE = fractionScale();

/** The lowest threshold that reaches the next accuracy worth having. */
export function recommendThreshold(
  coverage: readonly CoveragePoint[],
  images: number,
): CoveragePoint | undefined {
  const withoutThreshold = coverage[0]?.accuracy ?? 0;
  const target = TARGETS.find(accuracy => accuracy > withoutThreshold);
  const point = target && coverage.find(({accuracy}) => accuracy >= target);
  return point && point.coverage * images >= MIN_ANSWERS ? point : undefined;
}

const advice = (point: CoveragePoint | undefined): Html =>
  point === undefined
    ? html`<p>
        Where a wrong answer costs more than no answer, reject images below a threshold. Choose one
        from the table.
      </p>`
    : html`<p>
        Answer only where the highest probability is at least ${point.threshold.toFixed(2)}: that
        covers
        <b>${formatPercent(point.coverage, 0)}</b> of the images, and
        <b>${formatPercent(point.accuracy, 0)}</b> of the answers are correct.
      </p>`;

function row({threshold, coverage, accuracy}: CoveragePoint, images: number): Html {
  const answered = Math.round(coverage * images);
  const wrong = answered - Math.round(accuracy * answered);
  return html`
    <tr>
      <th scope="row">${threshold === 0 ? 'none' : threshold.toFixed(2)}</th>
      <td class="number">${formatInteger(answered)}<small>${formatPercent(coverage, 0)}</small></td>
      <td class="number">${formatPercent(accuracy)}</td>
      <td class="number">${formatInteger(wrong)}</td>
    </tr>
  `;
}

const thresholdTable = (shown: readonly CoveragePoint[], images: number): Html => html`
  <table class="thresholds">
    <thead>
      <tr>
        <th>Threshold</th>
        <th class="number">Answered</th>
        <th class="number">Correct</th>
        <th class="number">Wrong</th>
      </tr>
    </thead>
    <tbody>
      ${shown.map(point => row(point, images))}
    </tbody>
  </table>
`;

function line(
  role: 'training' | 'validation',
  name: string,
  coverage: readonly CoveragePoint[],
  valueOf: (point: CoveragePoint) => number,
): Html {
  const dots = coverage
    .filter((_, i) => i % 5 === 0)
    .map(
      point =>
        html`<circle
          cx="${coordinate(xOfFraction(point.threshold))}"
          cy="${coordinate(yOf(valueOf(point), SCALE))}"
          r="2.5"
          ><title>
            ${`threshold ${point.threshold.toFixed(2)}: ${name} ${formatPercent(valueOf(point))}`}
          </title></circle
        >`,
    );
  const points = polylinePoints(coverage.map(point => [point.threshold, valueOf(point)]), SCALE); // prettier-ignore
  return html`<g class="${role}"><polyline points="${points}" />${dots}</g>`;
}

/**
 * Renders accuracy and coverage by threshold.
 * @param images number of validation images
 */
export function coverageSection(coverage: readonly CoveragePoint[], images: number): Html {
  const shown = SHOWN.flatMap(
    threshold => coverage.find(point => point.threshold === threshold) ?? [],
  );
  const chart = fractionChart(
    {
      title: 'Accuracy and coverage by threshold',
      axis: 'threshold',
      scale: SCALE,
      keys: [
        html`<span class="key validation">accuracy</span>`,
        html`<span class="key training">coverage</span>`,
      ],
    },
    html`
      ${line('training', 'coverage', coverage, point => point.coverage)}
      ${line('validation', 'accuracy', coverage, point => point.accuracy)}
    `,
  );
  return html`
    ${advice(recommendThreshold(coverage, images))}
    <div class="charts">
      ${chart}
      <div>
        ${scrollable('Thresholds', thresholdTable(shown, images))}
        <p class="quiet">On the ${formatInteger(images)} validation images.</p>
      </div>
    </div>
  `;
}
