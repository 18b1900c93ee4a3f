import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {BACKEND, drawImages, finetune, SMALL_RUN} from '../helpers/program.js';
import {temporaryDirectory} from '../helpers/temporary.js';

interface DemoDocument {
  readonly weights: string;
  readonly metrics: {readonly validation: {readonly accuracy: number; readonly numImages: number}};
  readonly timings: Readonly<Record<'features' | 'train' | 'evaluate', number>>;
  readonly fromScratch?: {
    readonly accuracy: number;
    readonly epochs: number;
    readonly seconds: number;
  };
}

describe('the demo', function () {
  this.timeout(240_000);

  it('transfers the embedded weights, and beats training from scratch for as long', async () => {
    const cwd = temporaryDirectory();
    const {code, stdout, stderr} = await finetune(['demo', '--json', '--offline', ...BACKEND], {
      cwd,
    });
    expect(code, stderr).to.equal(0);
    const {weights, metrics, timings, fromScratch} = JSON.parse(stdout) as DemoDocument;
    expect(weights).to.equal('resnet18.tiny-imagenet');
    expect(metrics.validation.numImages).to.equal(64);
    expect(metrics.validation.accuracy).to.be.at.least(0.95);
    const {accuracy, epochs, seconds} = fromScratch!;
    expect(accuracy).to.be.within(0, metrics.validation.accuracy - 0.1);
    expect(epochs).to.be.at.least(1);
    expect(seconds).to.be.at.least(timings.features + timings.train + timings.evaluate - 0.01);
    expect(stderr)
      .to.include('phase 1/2  probe: solved')
      .and.include('phase 2/2  last-stage: 5 epochs')
      .and.match(/compare {4}the same network from random weights, for [\d.]+ s\n/);
    expect(existsSync(join(cwd, 'runs', 'finetune-demo-resnet18', 'report.html'))).to.equal(true);
  });

  it('takes images of the user, and compares nothing with random weights', async () => {
    const cwd = temporaryDirectory();
    const images = await drawImages(cwd);
    const {code, stdout, stderr} = await finetune(['demo', '--data', images, ...SMALL_RUN], {cwd});
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.match(/^accuracy /)
      .and.not.include('scratch');
    expect(existsSync(join(cwd, 'finetune-demo'))).to.equal(false);
    const run = join(cwd, 'runs', 'images-resnet18', 'metrics.json');
    expect((JSON.parse(readFileSync(run, 'utf8')) as DemoDocument).fromScratch).to.equal(undefined);
  });

  it('compares no weights, and draws nothing then', async () => {
    const cwd = temporaryDirectory();
    const {code, stderr} = await finetune(['demo', '--weights', 'compare=v1,v2'], {cwd});
    expect(code).to.equal(2);
    expect(stderr).to.include('The demo trains one network. Compare weights with');
    expect(existsSync(join(cwd, 'finetune-demo'))).to.equal(false);
  });
});
