import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {runExample} from '../helpers/examples.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const SMALL = {
  arch: 'resnet18',
  weights: 'none',
  lastStage: 1,
  imageSize: 32,
  batchSize: 6,
  freeze: 'probe',
  epochs: 1,
  views: 0,
};

describe('the training examples', function () {
  this.timeout(120_000);

  it('custom-training-loop trains, lowers the loss and exports a model', async () => {
    const place = temporaryDirectory();
    const out = join(place, 'model');
    const flags = ['--weights', 'none', '--last-stage', '1', '--image-size', '32'];
    const text = await runExample('custom-training-loop/train.js', [
      ...[await drawnFolder(), out, ...flags, '--epochs', '3', '--lr', '3e-3'],
      ...['--cache', join(place, 'cache')],
    ]);
    const losses = [...text.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
    expect(losses).to.have.lengthOf(3);
    expect(losses[2]).to.be.below(losses[0]!);
    expect(existsSync(join(out, 'finetune.json'))).to.equal(true);
  });

  it('cross-validation prints the accuracy of every fold and their mean', async () => {
    const text = await runExample('cross-validation/cross-validate.js', [
      ...[await drawnFolder(), '2', JSON.stringify(SMALL)],
    ]);
    expect(text).to.match(
      /^fold 1: accuracy [01]\.\d{3}\nfold 2: accuracy [01]\.\d{3}\nmean accuracy [01]\.\d{3}\n$/,
    );
  });
});
