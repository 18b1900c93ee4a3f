import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import {expect} from 'chai';
import sharp, {type Sharp} from 'sharp';
import {TORCHVISION_PREPROCESSING, type Preprocessing} from '../../../src/core/preprocessing.js';
import {
  decodeForInspection,
  decodeFile,
  decodeBytes,
  readDecodedSize,
} from '../../../src/datasets/images/decode.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import type {DecodedImage} from '../../../src/datasets/images/resample.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, noisy, plain} from '../../helpers/images.js';

const short = (resizeSize: number): Preprocessing => ({...TORCHVISION_PREPROCESSING, resizeSize});

const pixel = ({data, width}: DecodedImage, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

function expectColor(actual: number[], expected: readonly number[], tolerance: number): void {
  actual.forEach((value, channel) =>
    expect(value, `channel ${channel} of ${actual}`).to.be.closeTo(expected[channel]!, tolerance),
  );
}

/** Red, with blue on the left third. */
const twoColors = (): Sharp =>
  plain('red', 60, 40).composite([
    {input: {create: {width: 20, height: 40, channels: 3, background: 'blue'}}, left: 0, top: 0},
  ]);

describe('decode', () => {
  it('resizes the short side to the requested size and truncates the long side', async () => {
    for (const [width, height, expected] of [
      [500, 375, [341, 256]],
      [375, 500, [256, 341]],
      [256, 256, [256, 256]],
      [100, 99, [258, 256]],
      [3, 2, [384, 256]],
      [1, 1, [256, 256]],
    ] as const) {
      const bytes = await plain('red', width, height).png().toBuffer();
      const image = await decodeBytes(bytes, short(256));
      expect([image.width, image.height], `${width} x ${height}`).to.deep.equal(expected);
      expect(image.data).to.have.length(expected[0] * expected[1] * 3);
      expect(await readDecodedSize(bytes, short(256))).to.deep.equal({
        width: expected[0],
        height: expected[1],
      });
    }
  });

  it('reads a file of any name', async () => {
    const path = join(temporaryDirectory(), 'it\'s a\n"image" 😀.txt');
    writeFileSync(path, await plain('#102030').png().toBuffer());
    expect(pixel(await decodeFile(path, short(20)), 3, 3)).to.deep.equal([0x10, 0x20, 0x30]);
  });

  for (let orientation = 1; orientation <= 8; orientation++) {
    it(`turns an image upright whose orientation flag is ${orientation}`, async () => {
      const bytes = await twoColors()
        .withMetadata({orientation})
        .jpeg({quality: 100, chromaSubsampling: '4:4:4'})
        .toBuffer();
      const image = await decodeBytes(bytes, short(40));
      const upright = orientation < 5;
      expect([image.width, image.height]).to.deep.equal(upright ? [60, 40] : [40, 60]);
      expect(await readDecodedSize(bytes, short(40))).to.deep.equal({
        width: image.width,
        height: image.height,
      });
      // Blue was left as stored; the flag says where stored rows and columns belong.
      const [x, y] = [, [5, 20], [55, 20], [55, 20], [5, 20], [20, 5], [20, 5], [20, 55], [20, 55]][
        orientation
      ]!;
      expectColor(pixel(image, x!, y!), [0, 0, 254], 4);
      expectColor(pixel(image, image.width - 1 - x!, image.height - 1 - y!), [254, 0, 0], 4);
    });
  }

  describe('brings to 8-bit RGB', () => {
    const color = '#c08040';
    const rgb = [0xc0, 0x80, 0x40];
    const cases: readonly (readonly [string, Sharp, readonly number[], number])[] = [
      ['JPEG', plain(color).jpeg({quality: 95}), rgb, 4],
      ['progressive JPEG', plain(color).jpeg({progressive: true}), rgb, 4],
      ['PNG', plain(color).png(), rgb, 0],
      ['WebP', plain(color).webp({lossless: true}), rgb, 0],
      ['GIF', plain(color).gif(), rgb, 3],
      ['TIFF', plain(color).tiff({compression: 'lzw'}), rgb, 0],
      ['AVIF', plain(color).avif({quality: 90}), rgb, 5],
      ['16-bit PNG', plain(color).toColourspace('rgb16').png(), rgb, 1],
      ['palette PNG', plain(color).png({palette: true}), rgb, 3],
      ['grayscale PNG', plain('#808080').toColourspace('b-w').png(), [0x80, 0x80, 0x80], 1],
      [
        '16-bit grayscale PNG',
        plain('#808080').toColourspace('grey16').png(),
        [0x80, 0x80, 0x80],
        1,
      ],
      ['grayscale JPEG', plain('#808080').grayscale().jpeg(), [0x80, 0x80, 0x80], 2],
      ['CMYK JPEG', plain(color).toColourspace('cmyk').jpeg({quality: 95}), rgb, 24],
    ];
    for (const [name, image, expected, tolerance] of cases) {
      it(name, async () => {
        const decoded = await decodeBytes(await image.toBuffer(), short(20));
        expect([decoded.width, decoded.height]).to.deep.equal([26, 20]);
        expectColor(pixel(decoded, 13, 10), expected, tolerance);
      });
    }

    it('what is transparent, over white', async () => {
      const bytes = await sharp({
        create: {width: 8, height: 8, channels: 4, background: {r: 255, g: 0, b: 0, alpha: 0}},
      })
        .png()
        .toBuffer();
      expect(pixel(await decodeBytes(bytes, short(8)), 4, 4)).to.deep.equal([255, 255, 255]);
      const half = await sharp({
        create: {width: 8, height: 8, channels: 4, background: {r: 255, g: 0, b: 0, alpha: 0.5}},
      })
        .webp({lossless: true})
        .toBuffer();
      expectColor(pixel(await decodeBytes(half, short(8)), 4, 4), [255, 127, 127], 1);
    });

    it('the first frame of what moves', async () => {
      const frames = await Promise.all(
        ['red', 'blue'].map(background => plain(background, 16, 16).png().toBuffer()),
      );
      const bytes = await sharp(frames, {join: {animated: true}})
        .gif()
        .toBuffer();
      const image = await decodeBytes(bytes, short(16));
      expect([image.width, image.height]).to.deep.equal([16, 16]);
      expect(pixel(image, 8, 8)).to.deep.equal([255, 0, 0]);
    });

    for (const [format, write] of [
      ['JPEG', (image: Sharp) => image.jpeg({quality: 98, chromaSubsampling: '4:4:4'})],
      ['PNG', (image: Sharp) => image.png()],
      ['WebP', (image: Sharp) => image.webp({lossless: true})],
      ['TIFF', (image: Sharp) => image.tiff()],
      ['AVIF', (image: Sharp) => image.avif({lossless: true, effort: 0})],
    ] as const) {
      it(`the colors of a ${format} with a profile, as browsers show them`, async () => {
        const bytes = await write(plain(color).withIccProfile('p3')).toBuffer();
        const stored = await sharp(bytes, {ignoreIcc: true}).raw().toBuffer();
        expect(Math.abs(stored[0]! - 192), 'the numbers are others').to.be.above(5);
        expectColor(pixel(await decodeBytes(bytes, short(20)), 5, 5), [192, 128, 64], 2);
        expectColor(pixel((await decodeForInspection(bytes)).image, 5, 5), [192, 128, 64], 2);
      });
    }
  });

  describe('refuses', () => {
    for (const [format, write] of [
      ['JPEG', (image: Sharp) => image.jpeg()],
      ['progressive JPEG', (image: Sharp) => image.jpeg({progressive: true})],
      ['PNG', (image: Sharp) => image.png()],
      ['interlaced PNG', (image: Sharp) => image.png({progressive: true})],
      ['WebP', (image: Sharp) => image.webp()],
      ['GIF', (image: Sharp) => image.gif()],
      ['TIFF', (image: Sharp) => image.tiff()],
      ['AVIF', (image: Sharp) => image.avif()],
    ] as const) {
      it(`${format} cut at 60 %`, async () => {
        const bytes = await write(noisy(1, 200, 150)).toBuffer();
        expect((await decodeBytes(bytes, short(64))).height).to.equal(64);
        await decodeForInspection(bytes);
        expect(
          await failure(decodeForInspection(bytes.subarray(0, bytes.length * 0.6))),
        ).to.be.instanceOf(Error);
        expect(
          await failure(decodeBytes(bytes.subarray(0, bytes.length * 0.6), short(64))),
        ).to.be.instanceOf(Error);
      });
    }

    for (const [name, width, height] of [
      ['small', 64, 64],
      ['large', 2100, 2000],
      ['narrow', 20, 400],
    ] as const) {
      it(`nothing of a ${name} JPEG without decoding it that decoding lets pass, and the other way round`, async () => {
        const bytes = await noisy(1, width, height).jpeg({quality: 50}).toBuffer();
        for (const missing of [0, 1, 2, 3, 10, 40, 200, 500]) {
          const cut = bytes.subarray(0, bytes.length - missing);
          const passes = (work: Promise<unknown>): Promise<boolean> =>
            work.then(
              () => true,
              () => false,
            );
          expect(await passes(decodeForInspection(cut)), `without ${missing} bytes`).to.equal(
            await passes(decodeBytes(cut, short(256))),
          );
        }
      });
    }

    it('more pixels than sharp allows', async () => {
      const bytes = await plain('white').png().toBuffer();
      bytes.writeUInt32BE(30_000, 16); // the width in IHDR
      bytes.writeUInt32BE(30_000, 20);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      for (const work of [decodeBytes(bytes, short(64)), decodeForInspection(bytes)]) {
        expect((await failure(work)).message).to.equal('Input image exceeds pixel limit');
      }
    });

    it('what is no image', async () => {
      expect((await failure(decodeBytes(Buffer.from('hello'), short(64)))).message).to.equal(
        'its bytes are no image',
      );
    });
  });

  it('lets pass what every viewer shows: stray bytes between markers and after the end', async () => {
    const bytes = await noisy(1, 60, 40).jpeg().toBuffer();
    const marker = 4 + bytes.readUInt16BE(4); // the second one
    const stray = Buffer.concat([
      bytes.subarray(0, marker),
      Buffer.alloc(5, 1),
      bytes.subarray(marker),
      Buffer.from('trailer'),
    ]);
    expect(await decodeBytes(stray, short(40))).to.deep.equal(await decodeBytes(bytes, short(40)));
  });

  it('keeps the middle of a strip, and little memory', async () => {
    const strip = plain('red', 1, 60_000).composite([
      {
        input: {create: {width: 1, height: 2, channels: 3, background: 'blue'}},
        left: 0,
        top: 29_999,
      },
    ]);
    const image = await decodeBytes(await strip.png().toBuffer(), short(64));
    expect([image.width, image.height]).to.deep.equal([64, 256]);
    expect(pixel(image, 32, 128)).to.deep.equal([0, 0, 255]);
    expect(pixel(image, 32, 0)).to.deep.equal([255, 0, 0]);
    expect(pixel(image, 32, 255)).to.deep.equal([255, 0, 0]);
  });
});

describe('centerCrop', () => {
  /** Every pixel tells its column and row. */
  const ruler = (width: number, height: number): DecodedImage => ({
    width,
    height,
    data: Uint8Array.from(
      {length: width * height * 3},
      (_, i) => [Math.floor(i / 3) % width, Math.floor(i / 3 / width), 7][i % 3]!,
    ),
  });

  it('takes the square in the middle, halves rounded to even as Python does', () => {
    for (const [width, height, left, top] of [
      [4, 4, 0, 0],
      [6, 4, 1, 0],
      [4, 8, 0, 2],
      [5, 7, 0, 2],
      [9, 11, 2, 4],
    ] as const) {
      const crop = centerCrop(ruler(width, height), 4);
      expect(crop).to.have.length(48);
      expect([...crop.subarray(0, 3)], `${width} x ${height}`).to.deep.equal([left, top, 7]);
      expect([...crop.subarray(-3)]).to.deep.equal([left + 3, top + 3, 7]);
    }
  });

  it('does not make up pixels', () => {
    expect(() => centerCrop(ruler(3, 8), 4)).to.throw(
      RangeError,
      'An image of 3 x 8 pixels is too small for a crop of 4 x 4.',
    );
  });
});
