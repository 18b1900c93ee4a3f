import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import type {Metrics} from '../training/metrics.js';
import {drawing, resizing} from './fitting.js';
import {percent, plural} from './format.js';
import {pytorchSnippet} from './pytorch-snippet.js';
import {nameOf, type RunRecord} from './run-record.js';
import {smallSampleWarning} from './small-sample.js';

/** The part of a record that a model card speaks of. */
export type CardFacts = Pick<RunRecord, 'dataset' | 'images' | 'arch' | 'weights' | 'card' | 'network' | 'classes' | 'metrics'>;

/** Text as it is, whatever Markdown or HTML it looks like; on one line. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|~&#!$]/g, '\\$&');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

/** Top-5 says nothing of five classes or fewer. */
function results({validation, test}: CardFacts['metrics'], classes: number): string {
  const row = (set: string, {accuracy, accuracyInterval95: [low, high], macroF1, top5, count}: Metrics): string[] => [
    set,
    percent(accuracy),
    `${percent(low)} to ${percent(high)}`,
    macroF1.toFixed(3),
    ...(classes > 5 ? [percent(top5)] : []),
    String(count),
  ];
  const head = ['Set', 'Accuracy', '95 % interval', 'Macro F1', ...(classes > 5 ? ['Top-5 accuracy'] : []), 'Images'];
  return table(head, [...(test ? [row('test', test)] : []), row('validation, by which the best epoch was chosen', validation)]);
}

const classTable = (classes: readonly string[], {perClass}: Metrics): string =>
  table(
    ['Class', 'Precision', 'Recall', 'F1', 'Images'],
    classes.map(name => {
      const {precision, recall, f1, support} = perClass[name]!;
      return [plain(name), percent(precision), percent(recall), percent(f1), String(support)];
    }),
  );

/** What the weights grew from, and on whose terms. */
function origin({weights, card}: CardFacts): string {
  if (weights === 'none') return 'Training began from random weights; there is no other licence than yours on the pictures.';
  const name = plain(basename(weights));
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
    title: plain(`${nameOf(dataset)} classifier`),
    classCount: String(classes.length),
    trainImages: plural(images.train, 'image'),
    dataset: nameOf(dataset).replaceAll('`', "'"),
    start: weights === 'none' ? 'random weights' : `the weights ${plain(basename(weights))}`,
    results: results(metrics, classes.length),
    warning: smallSampleWarning(measured, metrics.test === undefined ? 'validation' : 'test') ?? '',
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
