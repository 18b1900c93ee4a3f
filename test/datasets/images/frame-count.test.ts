import {expect} from 'chai';
import {decodeForInspection} from '../../../src/datasets/images/decode.js';
import {hasTooManyFrames, MAX_FRAMES} from '../../../src/datasets/images/frame-count.js';
import {detectFormat} from '../../../src/datasets/images/image-format.js';
import {describeDecodeError} from '../../../src/datasets/images/image-error.js';
import {truncatedImages} from '../../fixtures/broken-images.js';
import {manyFrames, tiffLoop} from '../../fixtures/many-frames.js';
import {unusualImages} from '../../fixtures/unusual-images.js';

describe('frames of an image', () => {
  it('are as many as libvips counts', async () => {
    for (const [extension, bytes] of await manyFrames(7))
      expect((await decodeForInspection(bytes)).header.frames, extension).to.equal(7);
  });

  it('may be ten thousand, and not one more', async () => {
    for (const [extension, bytes] of await manyFrames(MAX_FRAMES)) {
      expect(hasTooManyFrames(bytes, detectFormat(bytes)!), extension).to.equal(false);
      expect((await decodeForInspection(bytes)).header.frames, extension).to.equal(MAX_FRAMES);
    }
    for (const [extension, bytes] of await manyFrames(MAX_FRAMES + 1)) {
      const begun = performance.now();
      expect(
        await decodeForInspection(bytes).then(() => undefined, describeDecodeError),
        extension,
      ).to.equal('it has more than 10000 frames');
      expect(performance.now() - begun, extension).to.be.below(1000);
    }
  });

  it('are counted once where they form a loop', () => {
    expect(hasTooManyFrames(tiffLoop(3), 'TIFF')).to.equal(false);
    expect(hasTooManyFrames(tiffLoop(MAX_FRAMES + 5), 'TIFF')).to.equal(true);
  });

  it('are no reason to refuse other images, whole or cut off', async () => {
    for (const [name, bytes] of [...(await unusualImages()), ...(await truncatedImages())]) {
      const format = detectFormat(bytes);
      if (format !== undefined) expect(hasTooManyFrames(bytes, format), name).to.equal(false);
    }
  });
});
