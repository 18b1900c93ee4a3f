import {listPretrained, type PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import {findPretrainedSource} from '../../backbones/pretrained/locate-weights.js';
import {groupBy} from '../../core/group-by.js';
import {ARCHS} from '../../backbones/resnet-specs.js';
import type {CommandHandler} from '../command.js';
import {formatTable, wrapText} from '../terminal/screen/layout.js';

const SOURCE_LABELS = {
  package: 'with finetune',
  cache: 'here',
  torch: "here (torch's cache)",
  huggingface: "here (Hugging Face's cache)",
  file: 'here',
  download: 'download',
};

/** Top-1 accuracy of the publisher; with a star if not of the file's own classifier on ImageNet-1K. */
function formatAccuracy({metrics}: PretrainedWeights): string {
  const [published] = Object.entries(metrics);
  if (published === undefined) return '';
  const [dataset, accuracy] = published;
  return `${accuracy['acc@1'].toFixed(1)}${dataset === 'imagenet-1k' ? ' ' : '*'}`;
}

/** What the starred accuracies are: `resnet50.barlow-twins, resnet50.dino: imagenet-1k, linear probe`. */
const describeStars = (weights: readonly PretrainedWeights[]): string =>
  [...groupBy(weights, ({metrics}) => Object.keys(metrics)[0] ?? 'imagenet-1k')]
    .filter(([dataset]) => dataset !== 'imagenet-1k')
    .map(([dataset, entries]) => `${entries.map(({name}) => name).join(', ')}: ${dataset}`)
    .join('; ');

/** `finetune models` */
export const modelsCommand: CommandHandler = async (_input, {environment, terminal}) => {
  const weights = listPretrained().map(entry => ({
    ...entry,
    ...findPretrainedSource(entry, environment),
  }));
  const rows = weights.map(entry => [
    entry.name,
    formatAccuracy(entry),
    (entry.numParams / 1e6).toFixed(1),
    entry.sizeMiB?.toFixed(0) ?? '',
    entry.goodFor.join(', '),
    entry.licenseId,
    SOURCE_LABELS[entry.source],
  ]);
  const {bold, dim} = terminal.resultStyle;
  const [heading, ...lines] = formatTable(
    [['weights', 'top-1', 'M params', 'MiB', 'good for', 'license', 'where from'], ...rows],
    [1, 2, 3],
  );
  const licenseLines = [...new Set(weights.map(({license}) => license))].map(
    license => `License: ${license}`,
  );
  const notes = [
    `Architectures: ${ARCHS.join(', ')}. Accuracies: per cent on ImageNet-1K, as published. * ${describeStars(weights)}.`,
    'Good for: probe (a head on frozen features, then the last stages), full (training of the whole network), far-domain (a probe on images unlike those of ImageNet).',
    'CC-BY-NC: not for commercial use, so only used if named.',
    ...licenseLines,
    'Also taken by --weights: a file (.safetensors, .pth, .h5, a tfjs model), a url, embedded (those of this package), auto (V1; for full training of many images V2 or a1), none (random), compare=NAME,NAME (which suits the images best).',
  ];
  return {
    document: {archs: ARCHS, weights},
    text: [
      bold(heading!),
      ...lines,
      '',
      ...notes.map(note => dim(wrapText(note, terminal.resultColumns, ''))),
    ].join('\n'),
  };
};
