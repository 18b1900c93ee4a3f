import {expect} from 'chai';
import fc from 'fast-check';
import sharp from 'sharp';
import {readSimpleJpegHeader} from '../../../src/datasets/images/jpeg-header.js';
import {noisy, plain} from '../../helpers/images.js';

const plainJpegSize = (bytes: Uint8Array): {width: number; height: number} | undefined => {
  const header = readSimpleJpegHeader(bytes);
  return header && {width: header.width, height: header.height};
};

describe('readSimpleJpegHeader', () => {
  for (const [name, image] of [
    ['a plain JPEG', noisy(1, 64, 48).jpeg()],
    ['a progressive one', noisy(2, 300, 17).jpeg({progressive: true})],
    ['a gray one', noisy(3, 1, 1).grayscale().jpeg()],
    ['one with optimized tables', noisy(4, 33, 1000).jpeg({mozjpeg: true, quality: 30})],
  ] as const) {
    it(`reads ${name} as libvips does`, async () => {
      const bytes = await image.toBuffer();
      const {width, height} = (await sharp(bytes).metadata()).autoOrient;
      expect(plainJpegSize(bytes)).to.deep.equal({width, height});
    });
  }

  it('skips fill bytes and comments of any content', async () => {
    const bytes = await plain('red', 40, 30).jpeg().toBuffer();
    const comment = Buffer.from('\xff\xfe\0\x0d\xff\xc0\0\x11\x08\0\x09\0\x09\x03\x01', 'latin1');
    expect(
      plainJpegSize(Buffer.concat([bytes.subarray(0, 2), comment, bytes.subarray(2)])),
    ).to.deep.equal({width: 40, height: 30});
  });

  for (const [name, image] of [
    ['an orientation', plain('red').withMetadata({orientation: 6}).jpeg()],
    ['inks', plain('red').toColourspace('cmyk').jpeg()],
    ['another format', plain('red').png()],
  ] as const) {
    it(`leaves ${name} to libvips`, async () =>
      expect(plainJpegSize(await image.toBuffer())).to.equal(undefined));
  }

  it('finds nothing in a file that ends within the header, and the same in one that ends after it', async () => {
    const bytes = await noisy(5, 64, 48).jpeg().toBuffer();
    const sizes = Array.from({length: 700}, (_, length) =>
      plainJpegSize(bytes.subarray(0, length)),
    );
    const first = sizes.findIndex(size => size !== undefined);
    expect(first).to.be.within(20, 650);
    sizes.forEach((size, length) =>
      expect(size).to.deep.equal(length < first ? undefined : {width: 64, height: 48}),
    );
  });

  it('comes to an end whatever the bytes are', async () => {
    const bytes = await noisy(6, 20, 20).jpeg().toBuffer();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), {maxLength: 20}),
        changes => {
          const spoilt = Buffer.from(bytes);
          for (const [at, value] of changes) spoilt[at] = value;
          const size = plainJpegSize(spoilt);
          expect(size === undefined || (size.width > 0 && size.height > 0)).to.equal(true);
        },
      ),
    );
  });
});
