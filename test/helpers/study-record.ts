import type {Arch} from '../../src/backbones/resnet-specs.js';
import {createRng} from '../../src/core/rng.js';
import type {StudyRecord, StudyRun} from '../../src/report/study/study-record.js';

/** Error that each network comes to, and how fast it gets there. */
const ENDS: Readonly<Partial<Record<Arch, readonly [error: number, speed: number]>>> = {
  plain20: [0.18, 0.5],
  plain56: [0.34, 0.25],
  resnet20: [0.14, 0.6],
  resnet56: [0.09, 0.7],
};

function madeUpRun(arch: Arch, seed: number, epochs: number): StudyRun {
  const [end, speed] = ENDS[arch]!;
  const stream = createRng(seed, arch);
  return {
    arch,
    seed,
    run: `runs/cifar10-degradation/runs/${arch}-seed-${seed}`,
    parameters: 270_000,
    history: Array.from({length: epochs}, (_, i) => {
      const error = end + (0.85 - end) * Math.exp(-speed * i) + 0.01 * stream.normal();
      return {
        phase: 'full',
        epoch: i + 1,
        step: 157 * (i + 1),
        learningRate: 0.1,
        trainingLoss: 2 * error,
        trainingAccuracy: 1 - error,
        validationLoss: 2.2 * error,
        validationAccuracy: 0.96 - error + 0.02 * stream.normal(),
        validationBalancedAccuracy: 0.96 - error,
        best: i === epochs - 1,
        seconds: 60,
      };
    }),
  };
}

/** A record of a study that never was, believable enough to look at. */
export const madeUpStudy = (
  archs: readonly Arch[],
  seeds: readonly number[],
  epochs = 12,
): StudyRecord => ({
  study: 'degradation',
  question: 'Is the deeper plain network worse?',
  source: 'He et al., figures 4 and 6',
  dataset: '/data/cifar10 <small>',
  images: {train: 20_000, validation: 1000},
  classes: 10,
  runs: archs.flatMap(arch => seeds.map(seed => madeUpRun(arch, seed, epochs))),
  finishedAt: '2026-11-29T16:00:00.000Z',
  settings: [{name: 'lr', value: 0.1, source: 'recipe file'}],
  environment: {node: 'v22', cores: 2},
  command: 'finetune study degradation cifar10',
});
