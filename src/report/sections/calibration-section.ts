import {formatCount} from '../../core/text/format-count.js';
import type {ReliabilityBin} from '../../training/calibration/calibration-scores.js';
import type {Calibration} from '../../training/calibration/temperature.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {BOTTOM, yOf} from '../charts/chart-frame.js';
import {fractionChart, fractionScale, polylinePoints, xOfFraction} from '../charts/plot.js';
import {coordinate, formatPercent} from '../format.js';
import {html, type Html} from '../html.js';

const SCALE = fractionScale();

/** A difference of mean probability and accuracy below this is called none. */
const NEGLIGIBLE = 0.02;

function bar({count, confidence, accuracy}: ReliabilityBin, index: number, all: Bins): Html {
  const [left, right] = [index / all.length, (index + 1) / all.length].map(xOfFraction);
  const top = yOf(accuracy, SCALE);
  const most = Math.max(...all.map(bin => bin.count));
  const title =
    `probabilities from ${formatPercent(index / all.length, 0)} to ${formatPercent((index + 1) / all.length, 0)}: ` +
    `${formatCount(count, 'image')}, on average ${formatPercent(confidence)} probable, ${formatPercent(accuracy)} correct`;
  return html`<g class="validation">
    <title>${title}</title>
    <rect
      class="column"
      x="${coordinate(left! + 1)}"
      y="${coordinate(top)}"
      width="${coordinate(right! - left! - 2)}"
      height="${coordinate(BOTTOM - top)}"
      fill-opacity="${coordinate(0.2 + 0.6 * Math.sqrt(count / most))}"
    />
    <circle cx="${coordinate(xOfFraction(confidence))}" cy="${coordinate(top)}" r="3.5" />
  </g>`;
}

type Bins = readonly ReliabilityBin[];

const diagram = (bins: Bins): Html =>
  fractionChart(
    {
      title: 'Correct, by probability',
      axis: 'probability of the predicted class',
      scale: SCALE,
      keys: [
        html`<span class="key validation">correct</span>`,
        html`<span class="key ideal">ideal</span>`,
      ],
    },
    html`
      ${bins.map((bin, i) => bin.count > 0 && bar(bin, i, bins))}
      <polyline
        class="ideal"
        points="${polylinePoints(
          [
            [0, 0],
            [1, 1],
          ],
          SCALE,
        )}"
      />
    `,
  );

/** One sentence on how far the probabilities can be trusted. */
export function describeReliability(
  {reliability, accuracy, ece}: Pick<Metrics, 'reliability' | 'accuracy' | 'ece'>,
  set: 'validation' | 'test',
): string {
  const images = reliability.reduce((sum, {count}) => sum + count, 0);
  const said = reliability.reduce((sum, bin) => sum + bin.count * bin.confidence, 0) / images;
  const judged =
    Math.abs(said - accuracy) < NEGLIGIBLE
      ? 'On the whole, its probabilities are well calibrated'
      : said > accuracy
        ? 'The model is overconfident'
        : 'The model is underconfident';
  return (
    `${judged}: the class it predicts has a probability of ${formatPercent(said)} on average, and is correct for ${formatPercent(accuracy)} of the ${set} images. ` +
    `Bar by bar, the two are ${(100 * ece).toFixed(1)} points apart.`
  );
}

const SCORES = [
  {title: 'Calibration error (ECE)', key: 'ece', format: formatPercent},
  {title: 'Brier score', key: 'brier', format: (value: number) => value.toFixed(3)},
  {title: 'Loss', key: 'loss', format: (value: number) => value.toFixed(3)},
] as const;

const scoresTable = ({temperature, before, after}: Calibration): Html => html`
  <table>
    <thead>
      <tr>
        <th>Validation, lower is better</th>
        <th class="number">${temperature === 1 ? 'Measured' : 'Before'}</th>
        ${temperature !== 1 && html`<th class="number">After</th>`}
      </tr>
    </thead>
    <tbody>
      ${SCORES.map(
        ({title, key, format}) =>
          html`<tr>
            <th scope="row">${title}</th>
            <td class="number">${format(before[key])}</td>
            ${temperature !== 1 && html`<td class="number">${format(after[key])}</td>`}
          </tr>`,
      )}
    </tbody>
  </table>
`;

const temperatureNote = ({temperature, images}: Calibration): Html =>
  temperature === 1
    ? html`<p class="quiet">
        The probabilities were left as they are: no temperature serves the
        ${formatCount(images, 'validation image')} better.
      </p>`
    : html`<p class="quiet">
        The exported model divides its logits by a temperature of ${temperature.toFixed(2)}, fitted
        on ${formatCount(images, 'validation image')}: it ${temperature > 1 ? 'lowers' : 'raises'}
        the highest probabilities and changes no answer. After: each image is scored by a
        temperature that was fitted on others.
      </p>`;

/** Renders how far the probabilities can be trusted; nothing for the record of an older version. */
export function calibrationSection(
  {validation, test}: {readonly validation: Metrics; readonly test?: Metrics},
  calibration: Calibration | undefined,
): Html | undefined {
  const metrics = test ?? validation;
  const {reliability}: Partial<Metrics> = metrics;
  if (reliability === undefined) return undefined;
  return html`
    <p>${describeReliability(metrics, test === undefined ? 'validation' : 'test')}</p>
    <div class="charts">
      ${diagram(reliability)}
      <div>
        ${calibration !== undefined && html`${scoresTable(calibration)} ${temperatureNote(calibration)}`}
        <p class="quiet">
          A bar that ends above the dashed line is underconfident, one below it overconfident. Pale
          bars stand for few images.
        </p>
      </div>
    </div>
  `;
}
