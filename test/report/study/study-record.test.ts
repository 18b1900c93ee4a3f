import {expect} from 'chai';
import type {Arch} from '../../../src/backbones/resnet-specs.js';
import {
  compareNetworks,
  summarizeNetworks,
  type StudyRun,
} from '../../../src/report/study/study-record.js';
import {studyCsv} from '../../../src/report/study/study-csv.js';
import {formatPoints, formatVerdict} from '../../../src/report/study/verdict.js';

/** A run with the given training errors by epoch. */
const run = (arch: Arch, seed: number, ...errors: number[]): StudyRun => ({
  arch,
  seed,
  run: `runs/${arch}-seed-${seed}`,
  parameters: 10,
  history: errors.map((error, i) => ({
    phase: 'full',
    epoch: i + 1,
    step: 4 * (i + 1),
    learningRate: 0.1,
    trainingLoss: 2,
    trainingAccuracy: 1 - error,
    validationLoss: 3,
    validationAccuracy: 0.9 - error,
    validationBalancedAccuracy: 0.5,
    best: false,
    seconds: 10,
  })),
});

const verdicts = (...runs: StudyRun[]): string[] =>
  compareNetworks(summarizeNetworks(runs)).map(comparison =>
    formatVerdict(comparison).replaceAll('\u00a0', ' '),
  );

const ONE_SEED = 'One seed each: --seeds 3 shows whether this may be chance.';

describe('a network over its seeds', () => {
  const [network] = summarizeNetworks([run('plain20', 1, 0.5, 0.2), run('plain20', 2, 0.3, 0.25)]);

  it('has the mean and the range of each epoch', () => {
    const [first] = network!.curves.training;
    expect(first!.mean).to.be.closeTo(0.4, 1e-12);
    expect([first!.low, first!.high]).to.deep.equal([0.30000000000000004, 0.5]);
    expect(network!.seeds).to.deep.equal([1, 2]);
    expect(network!.seconds).to.equal(20);
  });

  it('is judged by its last epoch', () => {
    expect(network!.trainingError.mean).to.be.closeTo(0.225, 1e-12);
    expect(network!.validationError.mean).to.be.closeTo(0.325, 1e-12);
  });
});

describe('the verdict of a comparison', () => {
  it('says which network has the lower training error', () => {
    expect(verdicts(run('plain20', 1, 0.18), run('plain56', 1, 0.25))).to.deep.equal([
      `The deeper plain network is worse: plain56 has a training error of 25.0 %, plain20 of 18.0 %. ${ONE_SEED}`,
    ]);
    expect(verdicts(run('resnet56', 1, 0.1), run('resnet20', 1, 0.2))).to.deep.equal([
      `The deeper residual network is better: resnet56 has a training error of 10.0 %, resnet20 of 20.0 %. ${ONE_SEED}`,
    ]);
    expect(verdicts(run('resnet110', 1, 0.25), run('preact_resnet110', 1, 0.25))[0]).to.match(
      /^Pre-activation is neither better nor worse: /,
    );
    expect(verdicts(run('resnet20', 1, 0.2), run('resnet20_b', 1, 0.1))[0]).to.match(
      /^Shortcut B is better: /,
    );
    expect(verdicts(run('plain20', 1, 0.2), run('resnet20', 1, 0.1))[0]).to.match(
      /^The network with shortcuts is better: /,
    );
  });

  it('says where the seeds overlap', () => {
    const overlapping = [
      ...[run('plain20', 1, 0.1), run('plain20', 2, 0.3)],
      ...[run('plain56', 1, 0.2), run('plain56', 2, 0.4)],
    ];
    expect(verdicts(...overlapping)[0]).to.match(/The seeds overlap, so this may be chance\.$/);
    const apart = [...overlapping.slice(0, 2), run('plain56', 1, 0.5), run('plain56', 2, 0.4)];
    expect(verdicts(...apart)[0]).to.not.include('chance');
  });

  it('writes differences in points, with a sign', () => {
    expect([0.0312, -0.2, 0].map(formatPoints)).to.deep.equal(['+3.1', '−20.0', '±0.0']);
  });
});

describe('study.csv', () => {
  it('has a line for each run and epoch', () => {
    expect(studyCsv([run('plain20', 7, 0.7, 0.1)])).to.equal(
      'network,seed,epoch,step,learning_rate,training_loss,training_error,validation_loss,validation_error\r\n' +
        'plain20,7,1,4,0.1,2,0.7,3,0.8\r\n' +
        'plain20,7,2,8,0.1,2,0.1,3,0.2\r\n',
    );
  });
});
