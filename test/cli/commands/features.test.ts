import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {runCaptured} from '../../helpers/capture.js';
import {expectEnded, expectSentence} from '../../helpers/expect-ended.js';
import {useBackend} from '../../helpers/backend.js';
import {BACKEND, inDrawnFolder, type Ended} from '../../helpers/program.js';

const RANDOM = ['--arch', 'resnet18', '--weights', 'none'];

describe('features on the command line', function () {
  this.timeout(120_000);
  useBackend();

  const {cwd, run, train} = inDrawnFolder();
  before(async () => {
    expectEnded(await train('--out', 'trained', '--last-stage', '2'), 0);
  });

  const exportFeatures = (...args: string[]): Promise<Ended> =>
    run('export', ...args, ...BACKEND, '--json');
  const parsed = ({stdout}: Ended): Record<string, unknown> =>
    JSON.parse(stdout) as Record<string, unknown>;

  it('export writes the feature maps of a run, by default to a folder of their own', async () => {
    const ended = await exportFeatures('trained', '--features', 'c3,c2');
    expectEnded(ended, 0);
    const {features, maxDifference, ...document} = parsed(ended);
    expect(document).to.include({
      directory: join(cwd(), 'resnet18-features'),
      arch: 'resnet18',
      lastStage: 2,
    });
    expect(features).to.deep.equal([
      {name: 'c2', layer: 'layer1.1.relu', channels: 64, stride: 4},
      {name: 'c3', layer: 'layer2.1.relu', channels: 128, stride: 8},
    ]);
    expect(maxDifference).to.be.below(1e-4);
    expect(readdirSync(join(cwd(), 'resnet18-features'))).to.include.members([
      ...['model.json', 'backbone.safetensors', 'features.json', 'README.md'],
    ]);
  });

  it('export writes those of weights by themselves', async () => {
    const flags = ['--features', 'c2', ...RANDOM, '--last-stage', '1', '--out', 'random'];
    const ended = await run('export', ...flags, ...BACKEND);
    expectEnded(ended, 0);
    expect(ended.stdout).to.equal(`${join(cwd(), 'random')}\n  c2: stride 4, 64 channels\n`);
    expect(readFileSync(join(cwd(), 'random/README.md'), 'utf8')).to.contain(
      "backbone_name='resnet18'",
    );
  });

  it('export refuses a model with weights, and neither of them without maps', async () => {
    const refused: readonly (readonly [readonly string[], string])[] = [
      [
        ['trained', '--features', 'c2', '--arch', 'resnet18'],
        'trained is a model, with a network and weights of its own, so --arch has no place. Leave out one.',
      ],
      [
        ['trained', '--weights', 'none'],
        'trained is a model, with a network and weights of its own, so --weights has no place. Leave out one.',
      ],
      [[], 'finetune export needs the directory of a run. Run finetune export RUN.'],
      [
        ['trained', '--features', 'c1'],
        'Command line: "--features" cannot be "c1". Use c2,c3,c4,c5, or the like.',
      ],
    ];
    for (const [args, message] of refused) {
      const {exitCode, stderr} = await runCaptured(['export', ...args]);
      expect([exitCode, stderr]).to.deep.equal([2, `error ${message}\n`]);
    }
    expectSentence(
      await exportFeatures('trained', '--features', 'c5'),
      2,
      /^error resnet18 up to stage 2 has no feature map c5\. Give some of c2, c3\.$/,
    );
  });

  it('features writes a vector per image by a run, as NumPy', async () => {
    const ended = await run('features', 'images', '--model', 'trained', ...BACKEND, '--json');
    expectEnded(ended, 0);
    const document = parsed(ended);
    expect(document).to.deep.include({
      files: ['features.npy', 'features-names.csv'],
      shape: [24, 128],
      arch: 'resnet18',
      lastStage: 2,
      pooling: 'avg',
      images: {found: 24, written: 24},
    });
    expect(readFileSync(join(cwd(), 'features.npy')).length).to.equal(128 + 24 * 128 * 4);
    const names = readFileSync(join(cwd(), 'features-names.csv'), 'utf8').split('\r\n');
    expect(names).to.have.lengthOf(1 + 24 + 1);
    const refused = await run('features', 'images', '--model', 'trained', ...BACKEND);
    expectSentence(
      refused,
      2,
      /^error features\.npy \(--out\) exists already\. Give another name, or add --overwrite\.$/,
    );
  });

  it('features writes those of weights as CSV, of the size and pooling that are asked for', async () => {
    const flags = [...RANDOM, '--last-stage', '1', '--image-size', '40', '--pooling', 'avg+max'];
    const ended = await run('features', '--data', 'images', ...flags, '--out', 'v.csv', ...BACKEND);
    expectEnded(ended, 0);
    expect(ended.stdout).to.equal('v.csv: 24 images x 128 features\n');
    const [head, ...rows] = readFileSync(join(cwd(), 'v.csv'), 'utf8').trimEnd().split('\r\n');
    expect(head).to.match(/^path,label,f0,f1,.*,f127$/);
    expect(rows).to.have.lengthOf(24);
    expect(existsSync(join(cwd(), 'v-names.csv'))).to.equal(false);
  });
});
