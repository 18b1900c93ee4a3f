import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {createRng} from '../../src/core/rng.js';
import type {Misclassification, RunRecord} from '../../src/report/run-record.js';
import type {EpochRow} from '../../src/training/loop/history.js';
import {RunningMetrics, type Metrics} from '../../src/training/metrics/metrics.js';

const FROZEN = {stem: null, stage1: null, stage2: null, stage3: null, stage4: null} as const;

/** Metrics of made-up predictions, right about `accuracy` of the time, else mostly for a neighboring class. */
function madeUpMetrics(classes: readonly string[], perClass: number, accuracy: number): Metrics {
  const stream = createRng('metrics', classes.length);
  const running = new RunningMetrics(classes);
  for (let i = 0; i < classes.length * perClass; i++) {
    const label = i % classes.length;
    const row = Float32Array.from(classes, () => stream.next());
    const stray =
      stream.next() < 0.7 ? (label + 1) % classes.length : stream.integer(classes.length);
    row[stream.next() < accuracy ? label : stray]! += 3;
    running.add(row, Int32Array.of(label), 0.25 + 0.1 * stream.normal());
  }
  return running.metrics();
}

function madeUpHistory(epochs: readonly [probe: number, top: number]): EpochRow[] {
  const stream = createRng('history');
  const total = epochs[0] + epochs[1];
  return Array.from({length: total}, (_, i) => {
    const left = 1 - i / total;
    const phase = i < epochs[0] ? 'probe' : 'last-stage';
    const validationLoss = 0.2 + 0.5 * left ** 2 + 0.02 * stream.normal();
    return {
      phase,
      epoch: i < epochs[0] ? i + 1 : i + 1 - epochs[0],
      step: 8 * (i + 1),
      learningRate: phase === 'probe' ? 0.01 : 1e-3 * left,
      trainingLoss: 0.05 + 0.64 * left ** 3,
      trainingAccuracy: 0.97 - 0.3 * left ** 3,
      validationLoss,
      validationAccuracy: 0.95 - 0.25 * left ** 3 + 0.005 * stream.normal(),
      validationBalancedAccuracy: 0.9 - 0.3 * left ** 3,
      best: i === total - 1,
      seconds: 0.4,
    };
  });
}

/** A record of a run that never was, believable enough to look at. */
export function madeUpRecord(
  classes: readonly string[],
  {perClass = 76, accuracy = 0.94, mistakes = [] as readonly Misclassification[]} = {},
): RunRecord {
  return {
    run: 'runs/hymenoptera-resnet50',
    model: 'runs/hymenoptera-resnet50/model',
    finishedAt: '2026-03-01T12:34:56.000Z',
    dataset: './hymenoptera',
    images: {train: 244, validation: perClass * classes.length, test: 0},
    backend: 'tensorflow 2.21.0',
    device: 'cpu, 2 threads',
    arch: 'resnet50',
    weights: 'resnet50.imagenet1k-v1',
    pretrained: {license: 'BSD-3-Clause.', source: 'https://example.org/resnet50'},
    network: {
      spec: {arch: 'resnet50', lastStage: 4, strideIn1x1: false, batchNormEpsilon: 1e-5},
      head: {type: 'linear', pooling: 'avg', dropout: 0},
      preprocessing: TORCHVISION_PREPROCESSING,
    },
    classes,
    classBalance: 'none',
    phases: [
      {name: 'probe', epochs: 12, learningRates: {...FROZEN, head: 0.01}},
      {name: 'last-stage', epochs: 8, learningRates: {...FROZEN, stage4: 1e-4, head: 1e-3}},
    ],
    history: madeUpHistory([12, 8]),
    metrics: {validation: madeUpMetrics(classes, perClass, accuracy)},
    misclassifications: mistakes,
    findings: [
      {
        code: 'exact-duplicate',
        severity: 'note',
        message: '2 images are byte for byte the same; both stay on one side of the split.',
        files: ['ants/1.jpg', 'ants/2.jpg'],
      },
      {
        code: 'unreadable-image',
        severity: 'warning',
        message: '1 image cannot be read and was left out. Save it again, or remove it.',
        files: ['bees/broken.jpg'],
      },
    ],
    timings: {
      total: 41.7,
      backend: 0.9,
      weights: 1.2,
      decode: 3.4,
      features: 11.8,
      train: 15.1,
      evaluate: 4.2,
      export: 3.9,
    },
    settings: [
      {name: 'data', value: './hymenoptera', source: 'flag'},
      {name: 'arch', value: 'resnet50', source: 'flag'},
      {name: 'batchSize', value: 32, source: 'recommended'},
      {name: 'optimizer', value: 'adamw', source: 'default'},
      {name: 'augment', value: {crop: [0.35, 1], flip: true}, source: 'recipe file'},
    ],
    environment: {
      finetune: '0.1.0',
      node: 'v22.12.0',
      tensorflow: '2.21.0',
      platform: 'linux x64',
      threads: 2,
      oneDNN: true,
    },
    command: 'npx finetune --data ./hymenoptera --arch resnet50 --seed 42',
  };
}
