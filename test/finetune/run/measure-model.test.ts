import {expect} from 'chai';
import {measureModel, measurePass} from '../../../src/finetune/run/measure-model.js';
import {countParameters} from '../../../src/backbones/network.js';
import {useBackend} from '../../helpers/backend.js';
import {randomClassifier} from '../../helpers/random-classifier.js';

const wait = (milliseconds: number): void => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

describe('the time of a forward pass', () => {
  it('leaves the first pass out, and is the median of the others', () => {
    const waits = [200, 10, 60, 10, 10, 10];
    let passes = 0;
    const median = measurePass(() => wait(waits[passes++]!));
    expect(passes).to.equal(6);
    expect(median).to.be.at.least(10).and.below(60);
  });

  it('is measured once where a pass takes longer than all may', () => {
    let passes = 0;
    measurePass(() => wait(passes++ === 0 ? 0 : 1600));
    expect(passes).to.equal(2);
  });
});

describe('the size of a model', () => {
  useBackend();

  it('is that of its files and of its trainable weights', () => {
    const classifier = randomClassifier();
    try {
      const files = {
        'model.json': {bytes: 10, sha256: ''},
        'group1-shard1of1.bin': {bytes: 100, sha256: ''},
        'model.safetensors': {bytes: 1000, sha256: ''},
      };
      const {imageMilliseconds, ...sizes} = measureModel(classifier, {files});
      expect(imageMilliseconds).to.be.above(0);
      expect(sizes).to.deep.equal({
        webBytes: 110,
        tensorBytes: 1000,
        parameters: countParameters(classifier.spec, classifier.classNames.length),
      });
    } finally {
      classifier.dispose();
    }
  });
});
