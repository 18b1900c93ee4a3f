import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {measureOf} from '../training/balance.js';
import type {Metrics} from '../training/metrics.js';
import {drawing, resizing} from './fitting.js';
import {markdownCode, markdownText} from '../core/printable.js';
import {percent, plural, range} from './format.js';
import {pytorchSnippet} from './pytorch-snippet.js';
import {nameOf, type RunRecord} from './run-record.js';
import {smallSampleWarning} from './small-sample.js';

/** The part of a record that a model card speaks of. */
export type CardFacts = Pick<RunRecord, 'dataset' | 'images' | 'arch' | 'weights' | 'card' | 'network' | 'classes' | 'balance' | 'metrics'>;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

const CHOSEN_BY = {accuracy: 'accuracy', balancedAccuracy: 'balanced accuracy'};

const CALIBRATION =
  'Training made every class count alike, whatever its number of images, so a probability here is that of pictures of which every class has ' +
  'as many: where classes are not equally frequent, multiply each probability by the frequency of its class and divide by the sum.';

/** Top-5 says nothing of five classes or fewer. */
function results({metrics: {validation, test}, classes: {length: classes}, balance}: CardFacts): string {
  const row = (
    set: string,
    {accuracy, accuracyInterval95, balancedAccuracy, balancedAccuracyInterval95, macroF1, top5, count}: Metrics,
  ): string[] => [
    set,
    percent(accuracy),
    range(accuracyInterval95),
    percent(balancedAccuracy),
    range(balancedAccuracyInterval95),
    macroF1.toFixed(3),
    ...(classes > 5 ? [percent(top5)] : []),
    String(count),
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
    row(`validation, by whose ${CHOSEN_BY[measureOf(balance)]} the best epoch was chosen`, validation),
  ]);
}

const classTable = (classes: readonly string[], {perClass}: Metrics): string =>
  table(
    ['Class', 'Precision', 'Recall', 'F1', 'Images'],
    classes.map(name => {
      const {precision, recall, f1, support} = perClass[name]!;
      return [markdownText(name), percent(precision), percent(recall), percent(f1), String(support)];
    }),
  );

/** What the weights grew from, and on whose terms. */
function origin({weights, card}: CardFacts): string {
  if (weights === 'none') return 'Training began from random weights; there is no other licence than yours on the pictures.';
  const name = markdownText(basename(weights));
  if (card === undefined)
    return `Training began from the weights in ${name}. Nothing is known here of their licence: ask whoever made them.`;
  return `Training began from the weights ${name}, published at <${card.source}>. Their licence: ${card.licence}`;
}

// From dist/src/report/ to the root of the package.
const template = (): string => readFileSync(new URL('../../../templates/model-card.md', import.meta.url), 'utf8');

/** `README.md` of a bundle: `templates/model-card.md`, filled in. */
export function modelCard(run: CardFacts): string {
  const {dataset, images, arch, weights, network, classes, metrics} = run;
  const measured = metrics.test ?? metrics.validation;
  const values: Readonly<Record<string, string>> = {
    arch,
    title: markdownText(`${nameOf(dataset)} classifier`),
    classCount: String(classes.length),
    trainImages: plural(images.train, 'image'),
    dataset: markdownCode(nameOf(dataset)),
    start: weights === 'none' ? 'random weights' : `the weights ${markdownText(basename(weights))}`,
    results: results(run),
    warning: smallSampleWarning(measured, metrics.test === undefined ? 'validation' : 'test') ?? '',
    calibration: run.balance === 'none' ? '' : CALIBRATION,
    classTable: classTable(classes, measured),
    cropSize: String(network.preprocessing.cropSize),
    resizing: resizing(network.preprocessing),
    drawing: drawing(network.preprocessing),
    pytorch: pytorchSnippet(network, classes.length),
    origin: origin(run),
  };
  const filled = template().replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key]!);
  return filled.replace(/\n{3,}/g, '\n\n');
}
