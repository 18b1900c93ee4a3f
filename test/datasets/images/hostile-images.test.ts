import {expect} from 'chai';
import {TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import {decodeForInspection, decodeBytes} from '../../../src/datasets/images/decode.js';
import {describeDecodeError} from '../../../src/datasets/images/image-error.js';
import {truncatedImages, wrongImages} from '../../fixtures/broken-images.js';
import {unusualImages, plainImages} from '../../fixtures/unusual-images.js';
import {inChild, SRC} from '../../helpers/in-child.js';

const PREPROCESSING = {...TORCHVISION_PREPROCESSING, resizeSize: 32};

/** Why an image is not read, by the check and by the run; undefined where it is. */
const errorsOf = (bytes: Uint8Array): Promise<(string | undefined)[]> =>
  Promise.all(
    [decodeForInspection(bytes), decodeBytes(bytes, PREPROCESSING)].map(work =>
      (work as Promise<unknown>).then(() => undefined, describeDecodeError),
    ),
  );

describe('hostile images', function () {
  this.timeout(60_000);

  it('are read where they are only odd', async () => {
    const images = await unusualImages();
    expect(images.size).to.be.above(35);
    for (const [name, bytes] of images) {
      expect(await errorsOf(bytes), name).to.deep.equal([undefined, undefined]);
      const {width, height, data} = await decodeBytes(bytes, PREPROCESSING);
      expect([Math.min(width, height), data.length], name).to.deep.equal([32, width * height * 3]);
      expect(Math.max(width, height), name).to.be.at.most(4 * 32);
    }
  });

  it('are refused in every format wherever they are cut off', async () => {
    for (const [name, bytes] of await truncatedImages()) {
      const [checked, decoded] = await errorsOf(bytes);
      expect(checked, name).to.match(/^it(s bytes are no image| is damaged or cut off)$/);
      expect(decoded, name).to.equal(checked);
    }
  });

  it('are refused with a reason where they are something else', async () => {
    for (const [name, [bytes, reason]] of await wrongImages()) {
      const [checked, decoded] = await errorsOf(bytes);
      expect(checked, name).to.match(reason);
      expect(decoded, name).to.equal(checked);
    }
  });

  it('are rotated upright wherever the flag is before the pixels', async () => {
    const jpeg = (await plainImages(3)).get('jpg')!;
    const exif = Buffer.from(
      'ffe100224578696600004d4d002a00000008000101120003000000010006000000000000',
      'hex',
    );
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    // Behind the size, where few would look for it: a quarter turn.
    const turned = Buffer.concat([jpeg.subarray(0, scan), exif, jpeg.subarray(scan)]);
    expect(await errorsOf(turned)).to.deep.equal([undefined, undefined]);
    const {width, height} = await decodeBytes(turned, PREPROCESSING);
    expect([width, height]).to.deep.equal([32, 42]);
  });

  it('print nothing, whatever sizes they claim', async () => {
    const script = `
      import {decodeBytes} from '${SRC}/datasets/images/decode.js';
      import {plainImages} from '${SRC}/../test/fixtures/unusual-images.js';
      const avif = (await plainImages(4)).get('avif');
      const reasons = await Promise.all([4, 8].map(offset => {
        const bytes = Buffer.from(avif);
        bytes.writeUInt32BE(536_870_936, bytes.indexOf('ispe') + 4 + offset);
        return decodeBytes(bytes, {resizeSize: 32}).catch(error => error.message);
      }));
      console.log(JSON.stringify(reasons));`;
    const {stdout, stderr} = await inChild(script);
    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal(Array(2).fill('it has more than 268 million pixels'));
  });

  it('of a thousand times their size take turns in memory', async () => {
    const script = `
      import {pngBomb} from '${SRC}/../test/fixtures/broken-images.js';
      import {decodeBytes} from '${SRC}/datasets/images/decode.js';
      const bomb = pngBomb({width: 8000, height: 8000, interlaced: true});
      const before = process.resourceUsage().maxRSS;
      const images = await Promise.all([1, 2, 3, 4].map(() => decodeBytes(bomb, {resizeSize: 32})));
      console.log(JSON.stringify([bomb.length, images.length, process.resourceUsage().maxRSS - before]));`;
    const {stdout, stderr} = await inChild(script, {UV_THREADPOOL_SIZE: '4'});
    const [fileBytes, images, grownKiB] = JSON.parse(stdout || stderr) as [number, number, number];
    expect(images).to.equal(4);
    expect(fileBytes).to.be.below(100_000);
    // One image takes 61 MiB; what it took to draw the bomb has been given back, or not.
    expect(grownKiB / 1024).to.be.below(2.5 * 61);
  });
});
