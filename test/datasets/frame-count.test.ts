import {expect} from 'chai';
import {examine} from '../../src/datasets/decode.js';
import {hasTooManyFrames, MOST_FRAMES} from '../../src/datasets/frame-count.js';
import {formatOf} from '../../src/datasets/image-format.js';
import {decodingFault} from '../../src/datasets/readability.js';
import {cutPictures} from '../fixtures/broken-pictures.js';
import {manyFrames, tiffLoop} from '../fixtures/many-frames.js';
import {oddPictures} from '../fixtures/odd-pictures.js';

describe('frames of a picture', () => {
  it('are as many as libvips counts', async () => {
    for (const [extension, bytes] of await manyFrames(7)) expect((await examine(bytes)).header.frames, extension).to.equal(7);
  });

  it('may be ten thousand, and not one more', async () => {
    for (const [extension, bytes] of await manyFrames(MOST_FRAMES)) {
      expect(hasTooManyFrames(bytes, formatOf(bytes)!), extension).to.equal(false);
      expect((await examine(bytes)).header.frames, extension).to.equal(MOST_FRAMES);
    }
    for (const [extension, bytes] of await manyFrames(MOST_FRAMES + 1)) {
      const begun = performance.now();
      expect(await examine(bytes).then(() => undefined, decodingFault), extension).to.equal('it has more than 10000 frames');
      expect(performance.now() - begun, extension).to.be.below(1000);
    }
  });

  it('are counted once where they form a loop', () => {
    expect(hasTooManyFrames(tiffLoop(3), 'TIFF')).to.equal(false);
    expect(hasTooManyFrames(tiffLoop(MOST_FRAMES + 5), 'TIFF')).to.equal(true);
  });

  it('are no reason to refuse other pictures, whole or cut off', async () => {
    for (const [name, bytes] of [...(await oddPictures()), ...(await cutPictures())]) {
      const format = formatOf(bytes);
      if (format !== undefined) expect(hasTooManyFrames(bytes, format), name).to.equal(false);
    }
  });
});
