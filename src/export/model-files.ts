import {basename} from 'node:path';
import {networkLayers} from '../backbones/network.js';
import {formatStrideOn} from '../backbones/weights/weights-metadata.js';
import {computeFillColor, type Preprocessing} from '../core/preprocessing.js';
import {printable} from '../core/text/printable.js';
import type {Classifier} from '../heads/classifier.js';
import {
  UNSURE_BELOW,
  type ActivationMapMetadata,
  type ModelMetadata,
  type ResizeMetadata,
} from './record/metadata.js';
import {specOf, type ModelRecord} from './record/model-record.js';
import {denseLayersOf} from './record/record-problems.js';

/** File name of the weights only. The full path is private to the machine that exported the model. */
export const originName = (origin: string): string => basename(origin);

/** All characters that some reader treats as a line break. */
const LINE_BREAKS = /[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+/g;

/**
 * Content of `labels.txt`: one class per line, in label order. A line break in a name becomes a space; the exact names are in the other
 * files.
 */
export const labelsText = (classNames: readonly string[]): string =>
  classNames.map(name => `${printable(name.replace(LINE_BREAKS, ' '))}\n`).join('');

/** Metadata needed to run the weights of a backbone, as text by key. */
export const serializeBackboneMetadata = ({
  spec,
  preprocessing,
  origin,
}: Pick<Classifier, 'spec' | 'preprocessing' | 'origin'>): Record<string, string> => ({
  arch: spec.arch,
  stages: String(spec.lastStage),
  stride_on: formatStrideOn(spec),
  batch_norm_epsilon: String(spec.batchNormEpsilon),
  preprocessing: JSON.stringify(preprocessing),
  origin: originName(origin),
});

/**
 * Metadata needed to run the weights of a classifier, as text by key. It is stored in the header of `model.safetensors` and in
 * `model.json`, so that either file is enough to resume training from (`--weights`).
 */
export const serializeWeightsMetadata = (classifier: Classifier): Record<string, string> => ({
  ...serializeBackboneMetadata(classifier),
  head: JSON.stringify(classifier.head),
  classes: JSON.stringify(classifier.classNames),
});

function inputSpec(
  preprocessing: Preprocessing,
): Omit<ResizeMetadata, 'inputSize'> & Pick<ModelMetadata, 'pixels'> {
  const {resizeSize, cropSize, interpolation, fit = 'crop'} = preprocessing;
  const [resampling, size] = [
    {interpolation, antialias: true as const},
    {width: cropSize, height: cropSize},
  ];
  const position = 'center' as const;
  const steps = {
    crop: {
      resize: {shortSide: resizeSize, ...resampling},
      crop: {size: cropSize, position},
    },
    squash: {resize: {...size, ...resampling}},
    pad: {
      resize: {longSide: cropSize, ...resampling},
      pad: {size: cropSize, position, color: computeFillColor(preprocessing)},
    },
  };
  return {...steps[fit], pixels: {order: 'RGB', range: [0, 255]}};
}

const activationMapOf = (record: ModelRecord): ActivationMapMetadata => ({
  features: networkLayers(specOf(record)).at(-1)!.name,
  pooling: record.head.pooling,
  head: denseLayersOf(record).map(({name}) => name),
});

/** What Teachable Machine and ml5 show instead of a class name. */
const REFUSAL =
  'Not for Teachable Machine or ml5: they scale pixels to -1..1, this model takes 0..255 (README.md)';

/**
 * Content of `metadata.json`: what a web page needs to know to feed the model. `@teachablemachine/image` and ml5 load any model with a file
 * of this name, scale pixels to -1..1, and show the entry of `labels` for the best class: without `labels` a number or nothing, at chance
 * level. Neither loader can be made to stop, so every entry says why the answer is wrong. Class names are in `classNames`.
 */
export const metadataDocument = (record: ModelRecord): ModelMetadata => ({
  note: 'Not a Teachable Machine model: @teachablemachine/image and ml5 scale pixels to -1..1, and this one takes 0..255.',
  arch: record.arch,
  classNames: record.classes,
  inputSize: record.preprocessing.cropSize,
  labels: record.classes.map(() => REFUSAL),
  createdBy: record.createdBy,
  createdAt: record.createdAt,
  ...inputSpec(record.preprocessing),
  activationMap: activationMapOf(record),
  unsureBelow: UNSURE_BELOW,
  ...(record.openSet !== undefined && {openSet: record.openSet}),
});

function describeResize({resizeSize, cropSize, fit = 'crop'}: Preprocessing): string {
  const descriptions = {
    crop: `the short side resized to ${resizeSize} pixels, then the middle square of ${cropSize} pixels`,
    squash: `resized to ${cropSize} x ${cropSize} pixels, whatever the proportions are`,
    pad: `the long side resized to ${cropSize} pixels, then put into the middle of a square (metadata.json has its color)`,
  };
  return descriptions[fit];
}

/** Content of `README.md` for an exported model without a model card. */
export const defaultReadme = ({
  arch,
  classes,
  preprocessing,
  createdBy,
}: ModelRecord): string => `# Image classifier

A ${arch}, fine-tuned to tell ${classes.length} classes apart (\`labels.txt\`). Exported by ${createdBy}.

Input: float32 \`[n, ${preprocessing.cropSize}, ${preprocessing.cropSize}, 3]\`, RGB, 0..255;
${describeResize(preprocessing)}.
Normalization is inside the model. Output: probabilities \`[n, ${classes.length}]\`, in the order of \`labels.txt\`.

\`finetune try .\` opens \`web/index.html\`, a page that classifies with it. For a page of your own:

\`\`\`js
const model = await tf.loadLayersModel('model.json'); // in a browser
const probabilities = model.predict(pixels);
\`\`\`

\`\`\`sh
finetune predict . image.jpg
\`\`\`

Do not load it with @teachablemachine/image or ml5: they scale pixels to -1..1.

\`model.safetensors\` holds the same weights under torchvision's names; \`finetune.json\` says how they were made.
`;
