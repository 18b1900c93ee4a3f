import {expect} from 'chai';
import {
  withImageSize,
  CAFFE_PREPROCESSING,
  TORCHVISION_PREPROCESSING,
} from '../../src/core/preprocessing.js';

describe('atImageSize', () => {
  const cases: readonly (readonly [cropSize: number, resizeSize: number])[] = [
    [224, 256],
    [112, 128],
    [64, 73],
    [32, 37],
    [448, 512],
  ];
  for (const [cropSize, resizeSize] of cases) {
    it(`resizes to ${resizeSize} for a crop of ${cropSize}, as 256 is to 224`, () => {
      const {
        resizeSize: resized,
        cropSize: cropped,
        ...rest
      } = withImageSize(TORCHVISION_PREPROCESSING, cropSize);
      expect([cropped, resized]).to.deep.equal([cropSize, resizeSize]);
      const {resizeSize: _resize, cropSize: _crop, ...others} = TORCHVISION_PREPROCESSING;
      expect(rest).to.deep.equal(others);
    });
  }

  it('keeps the proportion of the weights, 232 to 224 for those of torchvision V2', () => {
    expect(withImageSize({...TORCHVISION_PREPROCESSING, resizeSize: 232}, 448)).to.include({
      resizeSize: 464,
      cropSize: 448,
    });
  });
});

describe('the preprocessing of published weights', () => {
  it('is a number per color', () => {
    for (const {mean, std} of [TORCHVISION_PREPROCESSING, CAFFE_PREPROCESSING]) {
      expect([...mean, ...std].every(value => value > 0)).to.equal(true);
    }
  });

  it('of Keras is blue first, of torchvision red first: the means, by size, run the other way', () => {
    expect(CAFFE_PREPROCESSING).to.include({channelOrder: 'bgr', scale: 1});
    expect(TORCHVISION_PREPROCESSING).to.include({channelOrder: 'rgb', scale: 1 / 255});
    [...CAFFE_PREPROCESSING.mean].reverse().forEach((mean, channel) => {
      expect(mean / 255).to.be.closeTo(TORCHVISION_PREPROCESSING.mean[channel]!, 3e-3);
    });
  });
});
