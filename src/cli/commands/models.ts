import {listPretrained, type PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import {findPretrainedSource} from '../../backbones/pretrained/locate-weights.js';
import {ARCHS} from '../../backbones/resnet-specs.js';
import type {CommandHandler} from '../command.js';
import {formatTable, wrapText} from '../terminal/screen/layout.js';

const SOURCE_LABELS = {
  cache: 'here',
  torch: "here (torch's cache)",
  huggingface: "here (Hugging Face's cache)",
  file: 'here',
  download: 'download',
};

const imageNetMetrics = ({
  metrics,
}: PretrainedWeights): {readonly 'acc@1'?: number; readonly 'acc@5'?: number} =>
  metrics['imagenet-1k'] ?? {};
const formatFixed = (value: number | undefined, digits: number): string =>
  value?.toFixed(digits) ?? '';

/** `finetune models` */
export const modelsCommand: CommandHandler = async (_input, {environment, terminal}) => {
  const weights = listPretrained().map(entry => ({
    ...entry,
    ...findPretrainedSource(entry, environment),
  }));
  const rows = weights.map(entry => [
    entry.name,
    formatFixed(imageNetMetrics(entry)['acc@1'], 1),
    formatFixed(imageNetMetrics(entry)['acc@5'], 1),
    formatFixed(entry.numParams / 1e6, 1),
    `${entry.preprocessing.resizeSize}/${entry.preprocessing.cropSize}`,
    formatFixed(entry.sizeMiB, 0),
    SOURCE_LABELS[entry.source],
  ]);
  const {bold, dim} = terminal.resultStyle;
  const [heading, ...lines] = formatTable(
    [['weights', 'top-1', 'top-5', 'M params', 'resize/crop', 'MiB', 'where from'], ...rows],
    [1, 2, 3, 5],
  );
  const licenseLines = [...new Set(weights.map(({license}) => license))].map(
    license => `License: ${license}`,
  );
  const notes = [
    `Architectures: ${ARCHS.join(', ')}. Accuracies: per cent on ImageNet-1K, as published.`,
    ...licenseLines,
    'Also taken by --weights: a file (.safetensors, .pth, .h5, a tfjs model), a url, auto (V1 of the architecture), none (random).',
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
