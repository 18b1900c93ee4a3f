import {expect} from 'chai';
import {AbortedError} from '../../../src/core/errors.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {trainFromScratch} from '../../../src/finetune/comparison/train-from-scratch.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {smallFolder} from '../../helpers/small-run.js';

const NETWORK = {arch: 'resnet18', lastStage: 1, imageSize: 32} as const;

describe('training from scratch for a time', () => {
  useBackend();
  let folder: ImageFolder;
  before(async () => void (folder = await smallFolder()));

  it('ends with the epoch in which the time is over, and measures its accuracy', async () => {
    const spent: number[] = [];
    const {accuracy, epochs, seconds} = await trainFromScratch(folder, NETWORK, {
      seconds: 0,
      onSeconds: value => spent.push(value),
    });
    expect(epochs).to.equal(1);
    expect(accuracy).to.be.within(0, 1);
    expect(spent.length).to.be.above(0);
    expect(seconds).to.be.above(spent[0]!);
  });

  it('trains more epochs in more time', async () => {
    const once = await trainFromScratch(folder, NETWORK, {seconds: 0});
    // The first epoch of a process takes longest, so twice its time is enough for another one, and less than all of 100.
    const {accuracy, epochs, seconds} = await trainFromScratch(folder, NETWORK, {
      seconds: 2 * once.seconds,
    });
    expect(epochs).to.be.above(1);
    expect(seconds).to.be.at.least(2 * once.seconds);
    // How much it learns depends on how many epochs fit into the time.
    expect(accuracy).to.be.within(0, 1);
  });

  it('stops when it is asked to', async () => {
    const error = await rejectionOf(
      trainFromScratch(folder, NETWORK, {seconds: 60, signal: AbortSignal.abort()}),
    );
    expect(error).to.be.instanceOf(AbortedError);
  });
});
