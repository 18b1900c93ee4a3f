import {expect} from 'chai';
import {decodeForInspection} from '../../../src/datasets/images/decode.js';
import {describeDecodeError} from '../../../src/datasets/images/image-error.js';

const read = async (bytes: Uint8Array): Promise<number[]> => [
  ...(await decodeForInspection(bytes)).image.data,
];
const errorOf = (bytes: Uint8Array): Promise<string | undefined> =>
  decodeForInspection(bytes).then(() => undefined, describeDecodeError);
const raw = (header: string, ...bytes: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from(header, 'latin1'), Buffer.from(bytes)]);
const gray = (...values: readonly number[]): number[] =>
  values.flatMap(value => [value, value, value]);

describe('Netpbm', () => {
  for (const [name, bytes, pixels] of [
    [
      'P1, in which 1 is black, with and without spaces',
      raw('P1 # a bitmap\n3 2\n101\n0 1 0'),
      gray(0, 255, 0, 255, 0, 255),
    ],
    ['P2 of any largest value', raw('P2\n# gray\n3 1\n# more\n100\n0 50 100\n'), gray(0, 128, 255)],
    ['P3', raw('P3 2 1 255\n1 2 3\n 250 251 252'), [1, 2, 3, 250, 251, 252]],
    [
      'P4, of which each row begins with a byte',
      raw('P4\n9 3\n', 0x80, 0x80, 0, 0, 0, 0),
      gray(0, ...Array<number>(7).fill(255), 0, ...Array<number>(18).fill(255)),
    ],
    ['P5', raw('P5\n2 2\n255\n', 0, 1, 128, 255), gray(0, 1, 128, 255)],
    [
      'P5 of 16 bits, most significant byte first',
      raw('P5\n3 1\n65535\n', 0xff, 0xff, 0x80, 0x80, 0x01, 0),
      gray(255, 128, 1),
    ],
    ['P5 of 10 bits', raw('P5 2 1 1023 ', 0x03, 0xff, 0x02, 0), gray(255, 128)],
    [
      'P6 whose first pixel looks like white space',
      raw('P6\n1 2\n255\n', 10, 32, 9, 1, 2, 3),
      [10, 32, 9, 1, 2, 3],
    ],
    ['P6 of 5 bits', raw('P6\n1 1\n31\n', 0, 16, 31), [0, 132, 255]],
    ['P6 of 16 bits', raw('P6\n1 1\n65535\n', 1, 1, 2, 2, 0xff, 0xfe), [1, 2, 255]],
    ['a comment behind the largest value', raw('P5\n1 1\n255#c\n', 7), gray(7)],
    ['numbers above the largest as the largest', raw('P5\n2 1\n100\n', 200, 50), gray(255, 128)],
    [
      'P7 with alpha over white',
      raw(
        'P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n',
        9,
        8,
        7,
        255,
        1,
        2,
        3,
        0,
      ),
      [9, 8, 7, 255, 255, 255],
    ],
    [
      'P7 of gray with alpha',
      raw('P7\n# by hand\nDEPTH 2\nMAXVAL 255\nHEIGHT 1\nWIDTH 1\nENDHDR\n', 40, 255),
      gray(40),
    ],
  ] as const) {
    it(`reads ${name}`, async () => expect(await read(bytes)).to.deep.equal(pixels));
  }

  for (const [name, bytes] of [
    ['raw pixels that run out', raw('P6\n2 2\n255\n', 1, 2, 3)],
    ['digits that run out', raw('P2\n3 3\n255\n1 2 3 4 5 6 7 8')],
    ['digits that are none', raw('P2\n3 1\n255\n1 x 3')],
    ['bits that are none', raw('P1\n3 1\n1 2 0')],
    ['no height', raw('P5\n3 0\n255\n', 1, 2, 3)],
    ['a largest value of 0', raw('P5\n1 1\n0\n', 1)],
    ['a largest value of more than 16 bits', raw('P5\n1 1\n65536\n', 1, 2, 3, 4)],
    ['a size that it has no pixels for', raw('P5\n99999999999 99999999999\n255\n', 1)],
    ['a header without an end', raw('P7\nWIDTH 2\nHEIGHT 1\n')],
    ['a header of comments', raw('P5\n#')],
  ] as const) {
    it(`takes ${name} for damaged`, async () =>
      expect(await errorOf(bytes)).to.equal('it is damaged or cut off'));
  }

  it('says so where there are more channels than colors have', async () => {
    expect(
      await errorOf(raw('P7\nWIDTH 1\nHEIGHT 1\nDEPTH 6\nMAXVAL 255\nENDHDR\n', 1, 2, 3, 4, 5, 6)),
    ).to.match(/6 channels.*not supported/);
  });

  it('knows the depth', async () => {
    expect((await decodeForInspection(raw('P5\n1 1\n300\n', 1, 2))).header).to.include({
      format: 'Netpbm',
      depth: 16,
      hasAlpha: false,
    });
  });
});
