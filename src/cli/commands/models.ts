import {cards, type WeightsCard} from '../../backbones/cards.js';
import {whereFrom} from '../../backbones/locate-weights.js';
import {ARCHS} from '../../backbones/resnet-specs.js';
import type {Action} from '../action.js';
import {table} from '../table.js';
import {wrapped} from '../layout.js';

const HERE = {cache: 'here', torch: "here (torch's cache)", huggingface: "here (Hugging Face's cache)", file: 'here', download: 'download'};

const imageNet = ({metrics}: WeightsCard): {readonly 'acc@1'?: number; readonly 'acc@5'?: number} => metrics['imagenet-1k'] ?? {};
const figure = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';

/** `finetune models` */
export const models: Action = async (_request, {environment, terminal}) => {
  const weights = cards().map(card => ({...card, ...whereFrom(card, environment)}));
  const rows = weights.map(card => [
    card.name,
    figure(imageNet(card)['acc@1'], 1),
    figure(imageNet(card)['acc@5'], 1),
    figure(card.numParams / 1e6, 1),
    `${card.preprocessing.resizeSize}/${card.preprocessing.cropSize}`,
    figure(card.mebibytes, 0),
    HERE[card.from],
  ]);
  const {bold, dim} = terminal.resultStyle;
  const [heading, ...lines] = table([['weights', 'top-1', 'top-5', 'M params', 'resize/crop', 'MiB', 'where from'], ...rows], [1, 2, 3, 5]);
  const licences = [...new Set(weights.map(({licence}) => licence))].map(licence => `Licence: ${licence}`);
  const notes = [
    `Architectures: ${ARCHS.join(', ')}. Accuracies: per cent on ImageNet-1K, as published.`,
    ...licences,
    'Also taken by --weights: a file (.safetensors, .pth, .h5, a tfjs model), a url, auto (V1 of the architecture), none (random).',
  ];
  return {
    document: {archs: ARCHS, weights},
    text: [bold(heading!), ...lines, '', ...notes.map(note => dim(wrapped(note, terminal.resultColumns, '')))].join('\n'),
  };
};
