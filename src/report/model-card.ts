import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {metricForBestModel} from '../training/loop/class-balance.js';
import type {Metrics} from '../training/metrics/metrics.js';
import {canvasSnippet, describeResizing} from './preprocessing-docs.js';
import {escapeMarkdownCode, escapeMarkdown} from '../core/text/printable.js';
import {formatCount} from '../core/text/format-count.js';
import {formatPercent, formatInterval} from './format.js';
import {archSpec} from '../backbones/resnet-specs.js';
import {pytorchSnippet} from './pytorch-snippet.js';
import {nameOf, type RunRecord} from './run-record.js';
import {smallSampleWarning} from './charts/small-sample.js';

/** The fields of a run record that a model card uses. */
export type ModelCardData = Pick<
  RunRecord,
  | 'dataset'
  | 'images'
  | 'arch'
  | 'weights'
  | 'pretrained'
  | 'network'
  | 'classes'
  | 'classBalance'
  | 'metrics'
>;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

const SELECTED_BY = {accuracy: 'accuracy', balancedAccuracy: 'balanced accuracy'};

const CALIBRATION =
  'Training gave every class equal weight, whatever its number of images, so a probability here assumes that every class has ' +
  'as many: where classes are not equally frequent, multiply each probability by the frequency of its class and divide by the sum.';

/** Formats the results. Top-5 accuracy is omitted for five classes or fewer, where it is always 100 %. */
function results({
  metrics: {validation, test},
  classes: {length: classes},
  classBalance,
}: ModelCardData): string {
  const row = (
    set: string,
    {
      accuracy,
      accuracyCi95,
      balancedAccuracy,
      balancedAccuracyCi95,
      macroF1,
      top5Accuracy,
      numImages,
    }: Metrics,
  ): string[] => [
    set,
    formatPercent(accuracy),
    formatInterval(accuracyCi95),
    formatPercent(balancedAccuracy),
    formatInterval(balancedAccuracyCi95),
    macroF1.toFixed(3),
    ...(classes > 5 ? [formatPercent(top5Accuracy)] : []),
    String(numImages),
  ];
  const head = [
    'Set',
    'Accuracy',
    '95 % interval',
    'Balanced accuracy',
    '95 % interval',
    'Macro F1',
    ...(classes > 5 ? ['Top-5 accuracy'] : []),
    'Images',
  ];
  return table(head, [
    ...(test ? [row('test', test)] : []),
    row(
      `validation, by whose ${SELECTED_BY[metricForBestModel(classBalance)]} the best epoch was chosen`,
      validation,
    ),
  ]);
}

const classTable = (classes: readonly string[], {perClass}: Metrics): string =>
  table(
    ['Class', 'Precision', 'Recall', 'F1', 'Images'],
    classes.map(name => {
      const {precision, recall, f1, support} = perClass[name]!;
      return [
        escapeMarkdown(name),
        formatPercent(precision),
        formatPercent(recall),
        formatPercent(f1),
        String(support),
      ];
    }),
  );

/** Describes the pretrained weights and their license. */
function origin({weights, pretrained}: ModelCardData): string {
  if (weights === 'none')
    return 'Training began from random weights; there is no other license than yours on the images.';
  const name = escapeMarkdown(basename(weights));
  if (pretrained === undefined)
    return `Training began from the weights in ${name}. Their license is unknown: ask their authors.`;
  const {source, license} = pretrained;
  const from = source === undefined ? 'which come with finetune' : `published at <${source}>`;
  return `Training began from the weights ${name}, ${from}. Their license: ${license}`;
}

const inPyTorch = (network: ModelCardData['network'], classes: number): string =>
  [
    'In PyTorch (`pip install torch torchvision safetensors`), where normalization is not inside:',
    '',
    '```python',
    pytorchSnippet(network, classes),
    '```',
  ].join('\n');

// Resolved from dist/src/report/ to the package root.
const template = (): string =>
  readFileSync(new URL('../../../templates/model-card.md', import.meta.url), 'utf8');

/** Renders the `README.md` of an exported model from `templates/model-card.md`. */
export function modelCard(run: ModelCardData): string {
  const {dataset, images, arch, weights, network, classes, metrics} = run;
  const evaluated = metrics.test ?? metrics.validation;
  const values: Readonly<Record<string, string>> = {
    arch,
    title: escapeMarkdown(`${nameOf(dataset)} classifier`),
    numClasses: String(classes.length),
    numTrainImages: formatCount(images.train, 'image'),
    dataset: escapeMarkdownCode(nameOf(dataset)),
    initialWeights:
      weights === 'none' ? 'random weights' : `the weights ${escapeMarkdown(basename(weights))}`,
    results: results(run),
    warning:
      smallSampleWarning(evaluated, metrics.test === undefined ? 'validation' : 'test') ?? '',
    calibration: run.classBalance === 'none' ? '' : CALIBRATION,
    classTable: classTable(classes, evaluated),
    cropSize: String(network.preprocessing.cropSize),
    resizeSteps: describeResizing(network.preprocessing),
    canvasSnippet: canvasSnippet(network.preprocessing),
    pytorch: archSpec(network.spec.arch).inTorchvision ? inPyTorch(network, classes.length) : '',
    weightsOrigin: origin(run),
  };
  const filled = template().replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key]!);
  return filled.replace(/\n{3,}/g, '\n\n');
}
