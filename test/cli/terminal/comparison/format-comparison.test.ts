import {expect} from 'chai';
import {
  commandWithWeights,
  formatComparison,
} from '../../../../src/cli/terminal/comparison/format-comparison.js';
import {displayWidth} from '../../../../src/cli/terminal/screen/layout.js';
import {
  summarizeComparison,
  type ProbedWeights,
} from '../../../../src/finetune/comparison/comparison.js';
import {RunningMetrics} from '../../../../src/training/metrics/metrics.js';
import {capture} from '../../../helpers/capture.js';

const {terminal} = capture();

function probed(weights: string, licenseId: string | undefined, seconds: number): ProbedWeights {
  const running = new RunningMetrics(['ants', 'bees']);
  running.add(
    Float32Array.from({length: 306}, (_, i) => 1 - (i % 2)),
    new Int32Array(153),
    1,
  );
  const correct = new Set(Array.from({length: 153}, (_, i) => String(i)));
  return {
    ...{weights, nonCommercial: false, metrics: running.metrics(), seconds, correct},
    ...(licenseId !== undefined && {licenseId}),
  };
}

const COMPARISON = summarizeComparison(
  [
    probed('resnext101_32x8d.imagenet1k-v1', 'BSD-3-Clause', 3725),
    probed('resnet18.fb-swsl-ig1b-ft-in1k', 'CC-BY-NC-4.0', 95),
    probed('/home/ann/a/very/long/path/to/some/weights.safetensors', undefined, 1.2),
  ],
  'resnext101_32x8d.imagenet1k-v1',
);

describe('formatComparison', () => {
  it('fits into 80 columns', () => {
    const lines = formatComparison(COMPARISON, terminal.resultStyle, 80).split('\n');
    for (const line of lines) expect(displayWidth(line), line).to.be.at.most(80);
    expect(lines.slice(0, 4)).to.deep.equal([
      'weights                     accuracy  95 % interval        time  license',
      'resnext101…d.imagenet1k-v1   100.0 %  97.6 to 100.0   1 h 2 min  BSD-3-Clause',
      'resnet18.f…sl-ig1b-ft-in1k   100.0 %  97.6 to 100.0  1 min 35 s  CC-BY-NC-4.0',
      '/home/ann/…hts.safetensors   100.0 %  97.6 to 100.0       1.2 s  unknown',
    ]);
  });
});

describe('commandWithWeights', () => {
  it('puts the chosen weights where the comparison was asked for', () => {
    for (const [args, command] of [
      [['pets', '--weights', 'compare=v1,v2', '--json'], 'finetune pets --weights x.v2'],
      [['pets', '--weights=compare=v1,v2', '--seed', '1'], 'finetune pets --weights=x.v2 --seed 1'],
      [['pets', '--recipe', 'my.json'], 'finetune pets --recipe my.json --weights x.v2'],
    ] as const)
      expect(commandWithWeights(args, 'x.v2')).to.equal(command);
  });

  it('quotes a file with a blank in its name', () => {
    expect(commandWithWeights(['pets'], 'my weights.pth')).to.equal(
      "finetune pets --weights 'my weights.pth'",
    );
  });
});
