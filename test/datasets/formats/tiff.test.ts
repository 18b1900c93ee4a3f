import {expect} from 'chai';
import {decodeForInspection} from '../../../src/datasets/images/decode.js';
import {describeDecodeError} from '../../../src/datasets/images/image-error.js';
import {tiffFile, type TiffOptions} from '../../fixtures/tiff-files.js';

const read = async (bytes: Uint8Array): Promise<number[]> => [
  ...(await decodeForInspection(bytes)).image.data,
];
const errorOf = (bytes: Uint8Array): Promise<string | undefined> =>
  decodeForInspection(bytes).then(() => undefined, describeDecodeError);

const SIZE = {width: 2, height: 2} as const;
const RGB = [0, 0.25, 0.5, 1, 0, 0.1, 0.9, 0.8, 0.7, 0.3, 0.2, 0.6];
const bytesOf = (values: {readonly buffer: ArrayBufferLike}): Uint8Array =>
  new Uint8Array(values.buffer);
const swapped = (bytes: Uint8Array, size: number): Uint8Array => {
  const copy = Buffer.from(bytes);
  return size === 2 ? copy.swap16() : copy.swap32();
};
const floats = bytesOf(Float32Array.from(RGB));
const asBytes = RGB.map(value => Math.round(255 * value));
const gray = (...values: readonly number[]): number[] =>
  values.flatMap(value => [value, value, value]);
const color = {...SIZE, bits: 32, channels: 3, sampleFormat: 3};

describe('TIFF', () => {
  for (const [name, options, pixels, tolerance] of [
    ['floats from 0 to 1', {...color, pixels: floats}, asBytes, 1],
    [
      'floats, most significant byte first',
      {...color, pixels: swapped(floats, 4), isBigEndian: true},
      asBytes,
      1,
    ],
    [
      'gray floats',
      {...color, channels: 1, pixels: floats.subarray(0, 16)},
      gray(0, 64, 128, 255),
      0,
    ],
    [
      'gray floats of which 0 is white',
      {...color, channels: 1, photometric: 0, pixels: floats.subarray(0, 16)},
      gray(255, 191, 128, 0),
      0,
    ],
    [
      'floats that overshoot a little',
      {...color, channels: 1, pixels: bytesOf(Float32Array.from([-0.004, 0, 1, 1.004]))},
      gray(0, 0, 255, 255),
      0,
    ],
    [
      '16-bit gray',
      {
        ...SIZE,
        bits: 16,
        channels: 1,
        pixels: bytesOf(Uint16Array.from([0, 257 * 7, 257 * 200, 65_535])),
      },
      gray(0, 7, 200, 255),
      0,
    ],
    [
      '16-bit gray of which 0 is white',
      {
        ...SIZE,
        bits: 16,
        channels: 1,
        photometric: 0,
        pixels: bytesOf(Uint16Array.from([0, 257 * 55, 257 * 200, 65_535])),
      },
      gray(255, 200, 55, 0),
      0,
    ],
    [
      '16-bit colors',
      {
        ...SIZE,
        bits: 16,
        channels: 3,
        pixels: bytesOf(Uint16Array.from(asBytes, value => value * 257)),
      },
      asBytes,
      0,
    ],
    [
      '1 bit of which 0 is white',
      {...SIZE, bits: 1, channels: 1, photometric: 0, pixels: Uint8Array.of(0x80, 0x40)},
      gray(0, 255, 255, 0),
      0,
    ],
    [
      '4 bits',
      {...SIZE, bits: 4, channels: 1, pixels: Uint8Array.of(0x0f, 0x71)},
      gray(0, 255, 119, 17),
      0,
    ],
    [
      'YCbCr, as Pillow converts it',
      {
        ...SIZE,
        bits: 8,
        channels: 3,
        photometric: 6,
        subsampling: [1, 1],
        pixels: Uint8Array.of(76, 85, 255, 150, 44, 21, 29, 255, 107, 128, 128, 128),
      },
      [254, 0, 0, 0, 255, 1, 0, 0, 254, 128, 128, 128],
      1,
    ],
  ] as const satisfies readonly (readonly [string, TiffOptions, readonly number[], number])[]) {
    it(`reads ${name}`, async () => {
      const found = await read(tiffFile(options));
      expect(found).to.have.length(pixels.length);
      found.forEach((value, i) => expect(value, `${i}`).to.be.closeTo(pixels[i]!, tolerance));
    });
  }

  for (const [name, options, reason] of [
    [
      'floats beyond 1',
      {...color, pixels: bytesOf(Float32Array.from(asBytes))},
      /go beyond 0 to 1/,
    ],
    [
      'floats that are no numbers',
      {...color, pixels: bytesOf(Float32Array.from([NaN, ...RGB.slice(1)]))},
      /go beyond 0 to 1/,
    ],
    [
      '64-bit floats',
      {...SIZE, bits: 64, channels: 1, sampleFormat: 3, pixels: new Uint8Array(32)},
      /64-bit numbers.*not supported/,
    ],
    [
      'signed numbers of 8 bits',
      {...SIZE, bits: 8, channels: 1, sampleFormat: 2, pixels: new Uint8Array(4)},
      /have a sign/,
    ],
    [
      'signed numbers of 16 bits',
      {...SIZE, bits: 16, channels: 1, sampleFormat: 2, pixels: new Uint8Array(8)},
      /have a sign/,
    ],
    [
      'integers of 32 bits',
      {...SIZE, bits: 32, channels: 1, pixels: new Uint8Array(16)},
      /32-bit integers/,
    ],
    ['12 bits', {...SIZE, bits: 12, channels: 1, pixels: new Uint8Array(6)}, /12 bits a channel/],
    [
      '2 bits a color',
      {...SIZE, bits: 2, channels: 3, pixels: new Uint8Array(4)},
      /2 bits a channel/,
    ],
    ['5 channels', {...SIZE, bits: 8, channels: 5, pixels: new Uint8Array(20)}, /5 channels/],
    [
      'CIELab of 8 bits',
      {...SIZE, bits: 8, channels: 3, photometric: 8, pixels: new Uint8Array(12)},
      /Lab/,
    ],
    [
      'Zstandard',
      {...SIZE, bits: 8, channels: 3, compression: 50_000, pixels: new Uint8Array(12)},
      /compression \(Zstandard\) is not supported/,
    ],
    [
      'LZMA',
      {...SIZE, bits: 8, channels: 3, compression: 34_925, pixels: new Uint8Array(12)},
      /compression \(LZMA\) is not supported/,
    ],
    [
      'a compression that nobody knows',
      {...SIZE, bits: 8, channels: 3, compression: 4711, pixels: new Uint8Array(12)},
      /\(number 4711\)/,
    ],
    [
      'subsampled YCbCr',
      {
        ...SIZE,
        bits: 8,
        channels: 3,
        photometric: 6,
        subsampling: [2, 2],
        pixels: new Uint8Array(12),
      },
      /YCbCr/,
    ],
    [
      'what a sensor saw',
      {...SIZE, bits: 8, channels: 1, photometric: 32_803, pixels: new Uint8Array(4)},
      /RAW images/,
    ],
    [
      'the preview of a RAW image',
      {...SIZE, bits: 8, channels: 3, tags: {254: 1, 330: 8}, pixels: new Uint8Array(12)},
      /RAW images/,
    ],
    [
      'a digital negative',
      {...SIZE, bits: 8, channels: 3, tags: {50_706: 1}, pixels: new Uint8Array(12)},
      /RAW images/,
    ],
  ] as const satisfies readonly (readonly [string, TiffOptions, RegExp])[]) {
    it(`refuses ${name} with a reason that is not damage, and a remedy`, async () => {
      const error = await errorOf(tiffFile(options));
      expect(error).to.match(reason);
      expect(error).to.match(/; (save|develop|convert) it /);
    });
  }

  it('takes one that is cut off for damaged', async () => {
    const whole = tiffFile({...color, pixels: floats});
    expect(await errorOf(whole.subarray(0, -9))).to.equal('it is damaged or cut off');
  });
});
