import {expect} from 'chai';
import fc from 'fast-check';
import {decodeForInspection} from '../../../src/datasets/images/decode.js';
import {describeDecodeError} from '../../../src/datasets/images/image-error.js';
import {
  bitRows,
  bmpFile,
  byteRows,
  gradient,
  pixelsOf,
  type BmpOptions,
  type Drawing,
} from '../../fixtures/bmp-files.js';

const read = async (bytes: Uint8Array): Promise<number[]> => [
  ...(await decodeForInspection(bytes)).image.data,
];
const errorOf = (bytes: Uint8Array): Promise<string | undefined> =>
  decodeForInspection(bytes).then(() => undefined, describeDecodeError);

const bgr = (x: number, y: number): number[] => [...gradient(x, y)].reverse();
const word = (value: number): number[] => [value & 255, value >>> 8];
const to5 = (value: number): number => value >> 3;
/** As Pillow widens a color of a few bits. */
const widened = (value: number, bits: number): number =>
  Math.floor(((value >> (8 - bits)) * 255) / (2 ** bits - 1));

const PALETTE = [
  [10, 20, 30],
  [200, 100, 50],
  [0, 255, 0],
  [255, 255, 255],
] as const;
const indexAt = (x: number, y: number, count = 4): number => (x + 2 * y) % count;
const paletteBytes = (entry: 3 | 4, count = 4): Buffer =>
  Buffer.from(
    PALETTE.slice(0, count).flatMap(([r, g, b]) => (entry === 3 ? [b, g, r] : [b, g, r, 0])),
  );
const ofPalette =
  (count = 4): Drawing =>
  (x, y) =>
    PALETTE[indexAt(x, y, count)]!;

const five = (x: number, y: number): number =>
  gradient(x, y).reduce((sum, value) => (sum << 5) | to5(value), 0);
const six = (x: number, y: number): number => {
  const [r, g, b] = gradient(x, y);
  return (to5(r) << 11) | ((g >> 2) << 5) | to5(b);
};

const FILES: Readonly<Record<string, readonly [BmpOptions, Drawing]>> = {
  '1 bit': [
    {bits: 1, pixels: bitRows((x, y) => indexAt(x, y, 2), 1), palette: paletteBytes(4, 2)},
    ofPalette(2),
  ],
  '2 bits': [{bits: 2, pixels: bitRows(indexAt, 2), palette: paletteBytes(4)}, ofPalette()],
  '4 bits with a short palette': [
    {bits: 4, pixels: bitRows(indexAt, 4), palette: paletteBytes(4), colors: 4},
    ofPalette(),
  ],
  '4 bits of OS/2': [
    {bits: 4, pixels: bitRows(indexAt, 4), palette: paletteBytes(3), isCore: true},
    ofPalette(),
  ],
  '8 bits': [
    {bits: 8, pixels: byteRows((x, y) => [indexAt(x, y)]), palette: paletteBytes(4), colors: 4},
    ofPalette(),
  ],
  '24 bits': [{bits: 24, pixels: byteRows(bgr)}, gradient],
  '24 bits from the top': [{bits: 24, pixels: byteRows(bgr, true), isTopDown: true}, gradient],
  '24 bits of OS/2': [{bits: 24, pixels: byteRows(bgr), isCore: true}, gradient],
  '32 bits, of which 8 mean nothing': [
    {bits: 32, pixels: byteRows((x, y) => [...bgr(x, y), 77])},
    gradient,
  ],
  '16 bits': [
    {bits: 16, pixels: byteRows((x, y) => word(five(x, y)))},
    (x, y) => gradient(x, y).map(value => widened(value, 5)) as unknown as ReturnType<Drawing>,
  ],
  '16 bits with masks': [
    {
      bits: 16,
      compression: 3,
      masks: [0xf800, 0x7e0, 0x1f],
      pixels: byteRows((x, y) => word(six(x, y))),
    },
    (x, y) =>
      gradient(x, y).map((value, i) =>
        widened(value, i === 1 ? 6 : 5),
      ) as unknown as ReturnType<Drawing>,
  ],
  '32 bits with masks': [
    {
      bits: 32,
      compression: 3,
      masks: [0xff000000, 0xff0000, 0xff00],
      pixels: byteRows((x, y) => [0, ...bgr(x, y)]),
    },
    gradient,
  ],
  '32 bits with alpha over white': [
    {
      ...{bits: 32, compression: 3, headerBytes: 124, masks: [0xff0000, 0xff00, 0xff, 0xff000000]},
      pixels: byteRows((x, y) => [...bgr(x, y), x < 5 ? 0 : 255]),
    },
    (x, y) => (x < 5 ? [255, 255, 255] : gradient(x, y)),
  ],
  'an empty alpha channel': [
    {
      ...{bits: 32, compression: 3, headerBytes: 124, masks: [0xff0000, 0xff00, 0xff, 0xff000000]},
      pixels: byteRows((x, y) => [...bgr(x, y), 0]),
    },
    gradient,
  ],
};

const RLE8 = {bits: 8, compression: 1, palette: paletteBytes(4), colors: 4, width: 5, height: 3};
const RLE4 = {...RLE8, bits: 4, compression: 2};
const END = [0, 1];

/** Indices of 5 x 3 pixels from the top, as colors. */
const colors = (indices: string): number[] =>
  [...indices].flatMap(index => [...PALETTE[Number(index)]!]);

describe('BMP', () => {
  for (const [name, [options, drawing]] of Object.entries(FILES)) {
    it(`reads ${name}`, async () =>
      expect(await read(bmpFile(options))).to.deep.equal(pixelsOf(drawing)));
  }

  it('reads runs of 8 bits: repeated, as they are, moved, and what no run reaches', async () => {
    const pixels = Buffer.from([
      5,
      1,
      0,
      0,
      0,
      3,
      1,
      2,
      3,
      0,
      2,
      0,
      0,
      0,
      0,
      2,
      2,
      0,
      1,
      3,
      ...END,
    ]);
    expect(await read(bmpFile({...RLE8, pixels}))).to.deep.equal(
      colors('00300' + '12300' + '11111'),
    );
  });

  it('reads runs of 4 bits', async () => {
    const pixels = Buffer.from([5, 0x12, 0, 0, 0, 5, 0x12, 0x30, 0x10, 0, 0, 0, 3, 0x33, ...END]);
    expect(await read(bmpFile({...RLE4, pixels}))).to.deep.equal(
      colors('33300' + '12301' + '12121'),
    );
  });

  it('needs no mark at the end where all rows are there', async () => {
    const row = [5, 2, 0, 0];
    expect(
      await read(bmpFile({...RLE8, pixels: Buffer.from([...row, ...row, 5, 3])})),
    ).to.deep.equal(colors('333332222222222'));
  });

  it('writes no run beyond its row or the image', async () => {
    const pixels = Buffer.from([255, 1, 0, 2, 255, 255, 9, 2, ...END]);
    expect(await read(bmpFile({...RLE8, pixels}))).to.deep.equal(colors('000000000011111'));
  });

  for (const [name, bytes] of [
    ['one that is cut off', bmpFile({bits: 24, pixels: byteRows(bgr)}).subarray(0, 200)],
    ['runs that run out', bmpFile({...RLE8, pixels: Buffer.from([5, 1, 0, 0])})],
    ['a run without its bytes', bmpFile({...RLE8, pixels: Buffer.from([0, 200, 1, 2])})],
    [
      'a color that is not in the palette',
      bmpFile({bits: 8, pixels: byteRows(() => [9]), palette: paletteBytes(4), colors: 4}),
    ],
    ['no width', bmpFile({bits: 24, pixels: byteRows(bgr), width: 0})],
    ['a negative width', bmpFile({bits: 24, pixels: byteRows(bgr), width: -13})],
    [
      'a size that it has no pixels for',
      bmpFile({bits: 24, pixels: byteRows(bgr), width: 8000, height: 8000}),
    ],
  ] as const) {
    it(`takes ${name} for damaged`, async () =>
      expect(await errorOf(bytes)).to.equal('it is damaged or cut off'));
  }

  it('refuses what unpacks to more than there is room for, before it makes any', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const bomb = (side: number, fill: number): Buffer =>
      bmpFile({...RLE8, pixels: Buffer.alloc(fill, 1), width: side, height: side});
    expect(await errorOf(bomb(15_000, 2))).to.equal('it is damaged or cut off');
    expect(await errorOf(bomb(30_000, 1_000_000))).to.match(
      /^it has more than 268 million pixels$/,
    );
    expect(await errorOf(bomb(15_000, 1_000_000))).to.match(/640 MiB/);
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 23);
  });

  it('says what it does not support, and does not call that damaged', async () => {
    expect(await errorOf(bmpFile({bits: 24, compression: 4, pixels: Buffer.alloc(99)}))).to.match(
      /\(24 bits, compression 4\) is not supported/,
    );
  });

  it('comes to an end whatever the bytes are', () => {
    const whole = bmpFile({
      bits: 4,
      compression: 2,
      pixels: Buffer.alloc(60, 3),
      palette: paletteBytes(4),
    });
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {maxLength: 6}),
        async changes => {
          const bytes = Uint8Array.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const found = await decodeForInspection(bytes).catch(describeDecodeError);
          expect(typeof found === 'string' || found.image.data.length > 0).to.equal(true);
        },
      ),
    );
  });
});
