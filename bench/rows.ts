import type {Quantity} from './statistics.js';

/** One of those who do the same work: a process of its own that answers as often as it is asked. */
export interface SideSpec {
  /** `worker`: warms up once and answers many times. `job`: is started anew for every reading, which lasts from its start to its end. */
  readonly kind: 'worker' | 'job';
  readonly by: 'ours' | 'pytorch';
  /** Name of a task: of bench/ours/worker.ts, or of bench/pytorch. */
  readonly task: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly quantity: Quantity;
  readonly ours: SideSpec;
  readonly peer: SideSpec;
  readonly target: {readonly atLeast: number} | {readonly atMost: number};
  /** Sides of rows of one group take turns with each other. */
  readonly group: string;
  /** Readings of a side where fewer than asked for must do. */
  readonly maxRepeats?: number;
  readonly needs?: 'weights' | 'avx512_bf16';
  /** Why it cannot be measured yet. */
  readonly pending?: string;
}

const worker = (by: SideSpec['by'], task: string, options: SideSpec['options'] = {}): SideSpec => ({
  kind: 'worker',
  by,
  task,
  options,
});
const job = (by: SideSpec['by'], task: string, options: SideSpec['options'] = {}): SideSpec => ({
  kind: 'job',
  by,
  task,
  options,
});

const step = (arch: string, mode: string): SideSpec =>
  worker('ours', 'step', {arch, batch: 16, mode});
const torchStep = (arch: string): SideSpec => worker('pytorch', 'step', {arch, batch: 16});

/** Rows on one full fine-tuning step of 16 images of 224 px. */
const stepRows = (arch: string, title: string, shortName: string, atLeast: number): Row[] => [
  {
    name: `full-${shortName}`,
    title: `${title} full fine-tuning step, 224 px, batch 16`,
    quantity: 'images/s',
    ours: step(arch, 'traced'),
    peer: torchStep(arch),
    target: {atLeast},
    group: `step-${shortName}`,
  },
  {
    name: `recorded-${shortName}`,
    title: `${title} step: recorded over our own eager step`,
    quantity: 'images/s',
    ours: step(arch, 'traced'),
    peer: step(arch, 'eager'),
    target: {atLeast: 1.3},
    group: `step-${shortName}`,
  },
];

/** Rows on networks of groups, and on those for small images. */
const familyRows: readonly Row[] = [
  {
    name: 'full-rx50',
    title: 'ResNeXt-50 32x4d full fine-tuning step, 224 px, batch 16',
    quantity: 'images/s',
    ours: step('resnext50_32x4d', 'traced'),
    peer: torchStep('resnext50_32x4d'),
    target: {atLeast: 1},
    group: 'step-rx50',
  },
  {
    name: 'inference-rx50',
    title: 'Inference, ResNeXt-50 32x4d, batch 32, 8-bit pixels to probabilities',
    quantity: 'images/s',
    ours: worker('ours', 'inference', {arch: 'resnext50_32x4d', batch: 32}),
    peer: worker('pytorch', 'inference', {arch: 'resnext50_32x4d', batch: 32}),
    target: {atLeast: 1},
    group: 'inference-rx50',
  },
  {
    name: 'full-r20',
    title: 'ResNet-20 (CIFAR) training step, 32 px, batch 128',
    quantity: 'images/s',
    ours: worker('ours', 'step', {arch: 'resnet20', batch: 128, mode: 'traced'}),
    peer: worker('pytorch', 'step', {arch: 'resnet20', batch: 128, size: 32}),
    target: {atLeast: 1.5},
    group: 'step-r20',
  },
];

const frozenRow = (name: string, title: string, trained: string, atLeast: number): Row => ({
  name,
  title: `ResNet-50, ${title}, whole epoch after the first, with validation`,
  quantity: 's',
  ours: worker('ours', 'frozen', {arch: 'resnet50', batch: 32, trained}),
  peer: worker('pytorch', 'frozen', {arch: 'resnet50', batch: 32, trained}),
  target: {atLeast},
  group: name,
  maxRepeats: 3,
});

const inferenceRow = (batch: number, atLeast: number): Row => ({
  name: `inference-${batch}`,
  title: `Inference, ResNet-50, batch ${batch}, 8-bit pixels to probabilities`,
  quantity: 'images/s',
  ours: worker('ours', 'inference', {arch: 'resnet50', batch}),
  peer: worker('pytorch', 'inference', {arch: 'resnet50', batch}),
  target: {atLeast},
  group: `inference-${batch}`,
});

const jobRow = (name: string, title: string, cache: string): Row => ({
  name,
  title: `Whole job: command to exported model at >= 0.92 validation accuracy, ${title}`,
  quantity: 's',
  ours: job('ours', 'whole-job', {cache}),
  peer: job('pytorch', 'whole_job'),
  target: {atLeast: 10},
  group: 'whole-job',
  maxRepeats: 3,
  needs: 'weights',
});

export const ROWS: readonly Row[] = [
  ...stepRows('resnet50', 'ResNet-50', 'r50', 1.3),
  ...stepRows('resnet18', 'ResNet-18', 'r18', 1.2),
  {
    name: 'bf16-r50',
    title: 'ResNet-50 step: bf16 over fp32, both recorded',
    quantity: 'images/s',
    ours: step('resnet50', 'bf16'),
    peer: step('resnet50', 'traced'),
    target: {atLeast: 1.5},
    group: 'step-r50',
    needs: 'avx512_bf16',
  },
  {
    name: 'memory-r50',
    title: 'ResNet-50 full fine-tuning: peak resident memory',
    quantity: 'MiB',
    ours: step('resnet50', 'traced'),
    peer: torchStep('resnet50'),
    target: {atMost: 1.2},
    group: 'step-r50',
  },
  ...familyRows,
  frozenRow('frozen-r50', 'stages 1-3 frozen', 'stage4', 4),
  frozenRow('head-r50', 'head only', 'head', 200),
  inferenceRow(32, 1.2),
  inferenceRow(1, 1),
  {
    name: 'decode',
    title: 'First epoch: files to normalized batches (decode, resize 256, crop 224)',
    quantity: 'images/s',
    ours: worker('ours', 'images', {mode: 'first'}),
    peer: worker('pytorch', 'images', {mode: 'first'}),
    target: {atLeast: 1},
    group: 'decode',
  },
  {
    name: 'supply',
    title: 'Later epochs: normalized batches of random crops, mirrored or not',
    quantity: 'images/s',
    ours: worker('ours', 'images', {mode: 'later'}),
    peer: worker('pytorch', 'images', {mode: 'later'}),
    target: {atLeast: 20},
    group: 'supply',
  },
  jobRow('whole-job', 'cold caches', 'cold'),
  jobRow('whole-job-warm', 'warm caches', 'warm'),
];

/** Identifies a side among those of a group. */
export const keyOf = ({kind, by, task, options}: SideSpec): string =>
  JSON.stringify([kind, by, task, options]);
