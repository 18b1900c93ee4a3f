import {stageCount} from '../backbones/resnet-specs.js';
import {metricForBestModel} from '../training/loop/class-balance.js';
import type {Metrics} from '../training/metrics/metrics.js';
import {formatInteger} from '../core/text/format-count.js';
import {formatDuration, formatPercent, formatInterval} from './format.js';
import {html, type Html} from './html.js';
import {publicPath} from './paths.js';
import type {RunRecord} from './run-record.js';
import {smallSampleWarning} from './charts/small-sample.js';

/** Accuracy of a baseline that predicts the most frequent class for every image. */
function majorityBaseline({perClass, numImages: images}: Metrics): {
  readonly name: string;
  readonly accuracy: number;
} {
  const [first, ...others] = Object.entries(perClass);
  const [name, {support}] = others.reduce(
    (most, each) => (each[1].support > most[1].support ? each : most),
    first!,
  );
  return {name, accuracy: images === 0 ? 0 : support / images};
}

const style = (name: string, fraction: number): string => `${name}:${(100 * fraction).toFixed(2)}%`;

function comparison({name, accuracy}: ReturnType<typeof majorityBaseline>, chance: number): string {
  if (accuracy - chance < 1e-9)
    return `Guessing, or always answering one class, would give ${formatPercent(chance)}.`;
  return `Always answering ${name}, the largest class, would give ${formatPercent(accuracy)}; guessing, ${formatPercent(chance)}.`;
}

/** Renders a scale from 0 to 100 %: the interval as a band, the accuracy and the baseline as ticks. The sentence below says the same. */
const scale = ({accuracy, accuracyCi95: [low, high]}: Metrics, baseline: number): Html => html`
  <div class="scale" aria-hidden="true">
    <div class="band" style="${style('left', low)};${style('width', high - low)}"></div>
    <div class="guess" style="${style('left', baseline)}"><span>largest class</span></div>
    <div class="mark" style="${style('left', accuracy)}"></div>
    ${[0, 0.5, 1].map(value => html`<small style="${style('left', value)}">${formatPercent(value, 0)}</small>`)}
  </div>
`;

function result(metrics: Metrics, set: 'validation' | 'test', classes: number): Html {
  const [low, high] = metrics.accuracyCi95;
  const baseline = majorityBaseline(metrics);
  return html`
    <p class="figure">${formatPercent(metrics.accuracy)}</p>
    <p class="figure-label">${set} accuracy</p>
    ${scale(metrics, baseline.accuracy)}
    <p>
      Between ${formatPercent(low)} and ${formatPercent(high)} with 95 % confidence, measured on
      ${formatInteger(metrics.numImages)} images that training did not see.
      ${comparison(baseline, 1 / classes)}
    </p>
  `;
}

const tile = (label: string, value: string, note = ''): Html =>
  html`<div class="tile">
    <dt>${label}</dt>
    <dd>${value}${note !== '' && html`<small>${note}</small>`}</dd>
  </div>`;

function tiles({
  metrics,
  classes,
  images,
  arch,
  network,
  weights,
  backend,
  device,
  timings,
}: RunRecord): Html {
  const {macroF1, top5Accuracy, balancedAccuracy, balancedAccuracyCi95} =
    metrics.test ?? metrics.validation;
  const intervalNote =
    balancedAccuracyCi95 === null ? '' : `; 95 % interval: ${formatInterval(balancedAccuracyCi95)}`;
  const cut =
    network.spec.lastStage < stageCount(network.spec.arch)
      ? `up to stage ${network.spec.lastStage}`
      : '';
  const others = [
    `${formatInteger(images.train)} to train`,
    `${formatInteger(images.validation)} to validate`,
    images.test > 0 && `${formatInteger(images.test)} to test`,
  ];
  return html`
    <dl class="tiles">
      ${tile('Balanced accuracy', formatPercent(balancedAccuracy), `every class counts equally${intervalNote}`)}
      ${classes.length > 5 ? tile('Top-5 accuracy', formatPercent(top5Accuracy)) : tile('Macro F1', macroF1.toFixed(3))}
      ${tile('Classes', formatInteger(classes.length))}
      ${tile('Images', formatInteger(images.train + images.validation + images.test), others.filter(Boolean).join(', '))}
      ${tile('Network', arch, cut)}
      ${tile('Starting weights', weights === 'none' ? 'random' : publicPath(weights))}
      ${tile('Backend', backend, device)} ${tile('Whole run', formatDuration(timings.total))}
    </dl>
  `;
}

const SELECTED_BY = {
  accuracy: 'this number',
  balancedAccuracy: 'balanced accuracy on these images',
};

/** Renders a caution. The best epoch is selected on the validation split, so its accuracy is optimistic; that of a test split is not. */
const caution = (text: string): Html => html`<p class="caution">${text}</p>`;

/** Renders the accuracy, its confidence interval, and what it was measured on. */
export function headline(record: RunRecord): Html {
  const {validation, test} = record.metrics;
  const [shown, set] =
    test === undefined ? ([validation, 'validation'] as const) : ([test, 'test'] as const);
  const warning = smallSampleWarning(shown, set);
  return html`
    <section class="hero">
      <div class="result">
        ${result(shown, set, record.classes.length)}
        ${test !== undefined && html`<p>On the ${formatInteger(validation.numImages)} validation images: ${formatPercent(validation.accuracy)} (95 % interval: ${formatInterval(validation.accuracyCi95)}).</p>`}
        ${test === undefined && record.history.length > 1 && html`<p class="quiet">The best epoch was chosen by ${SELECTED_BY[metricForBestModel(record.classBalance)]}, so expect slightly less on new images.</p>`}
      </div>
      ${tiles(record)}
    </section>
    ${warning !== undefined && caution(warning)}
  `;
}
