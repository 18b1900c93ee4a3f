import {expect} from 'chai';
import {bytesOf} from '../../helpers/torch-files.js';
import {again, readBytes, refusalOf, valuesIn} from '../../helpers/weights-files.js';

/** A file of this header (an object, or any text) and these bytes of tensors. */
function safetensors(
  header: object | string,
  tensors: Uint8Array = Buffer.alloc(0),
  headerBytes?: bigint,
): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return Buffer.concat([
    bytesOf(BigUint64Array.of(headerBytes ?? BigInt(json.length))),
    json,
    tensors,
  ]);
}

const f32 = (shape: readonly number[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('readSafetensors', () => {
  it('reads tensors and metadata', async () => {
    const header = {
      __metadata__: {stride_on: '1x1'},
      'fc.weight': f32([2, 1], 0, 8),
      'fc.bias': f32([], 8, 12),
    };
    const file = await readBytes(safetensors(header, bytesOf(Float32Array.of(1, -2, 3))));
    expect(file.format).to.equal('safetensors');
    expect(file.metadata).to.deep.equal({stride_on: '1x1'});
    expect(file.tensors.get('fc.weight')!.shape).to.deep.equal([2, 1]);
    expect(file.tensors.get('fc.bias')!.shape).to.deep.equal([]);
    expect(valuesIn(file)).to.deep.equal({'fc.weight': [1, -2], 'fc.bias': [3]});
  });

  it('makes float32 of every floating-point type, and drops integers', async () => {
    const header = {
      count: {dtype: 'I64', shape: [1], data_offsets: [0, 8]},
      double: {dtype: 'F64', shape: [1], data_offsets: [8, 16]},
      half: {dtype: 'F16', shape: [2], data_offsets: [16, 20]},
      brain: {dtype: 'BF16', shape: [1], data_offsets: [20, 22]},
      flag: {dtype: 'BOOL', shape: [1], data_offsets: [22, 23]},
      odd: {dtype: 'F32', shape: [1], data_offsets: [23, 27]},
    };
    const parts = [
      BigInt64Array.of(7n),
      Float64Array.of(0.1),
      Uint16Array.of(0x3c00, 0xc000),
      Uint16Array.of(0x4049),
      Uint8Array.of(1),
    ];
    const bytes = Buffer.concat([...parts, Float32Array.of(5)].map(bytesOf));
    expect(valuesIn(await readBytes(safetensors(header, bytes)))).to.deep.equal({
      double: [Math.fround(0.1)],
      half: [1, -2],
      brain: [3.140625],
      odd: [5],
    });
  });

  const REFUSED: readonly (readonly [what: string, file: Buffer, found: string])[] = [
    [
      'a header above 4 MB',
      safetensors('{', undefined, 4_000_001n),
      'a header said to take 4,000,001 bytes, above the limit of 4,000,000',
    ],
    [
      'a header of 2^64 bytes',
      safetensors('{', undefined, 2n ** 64n - 1n),
      'a header said to take 18,446,744,073,709,551,615 bytes, above the limit of 4,000,000',
    ],
    [
      'a header longer than the file',
      safetensors('{}', undefined, 3n),
      'a header said to take 3 bytes in a file that has 2 left',
    ],
    ['a header that is not JSON', safetensors('{"a":'), 'a header that is not JSON'],
    [
      'metadata that is not text',
      safetensors({__metadata__: {epoch: 3}}),
      'a value that is not text for "epoch" of the metadata',
    ],
    [
      'metadata that is a list',
      safetensors({__metadata__: []}),
      'metadata that is not a JSON object',
    ],
    [
      'a tensor that is not described',
      safetensors({a: null}),
      'numbers of type none for tensor "a". Save it with one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, C64, F8_E4M3, F8_E5M2',
    ],
    [
      'a type nobody knows',
      safetensors({a: {...f32([1], 0, 4), dtype: 'F4'}}, Buffer.alloc(4)),
      'numbers of type "F4" for tensor "a". Save it with one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, C64, F8_E4M3, F8_E5M2',
    ],
    [
      'a type with the name of an inherited property',
      safetensors({a: {...f32([1], 0, 4), dtype: 'toString'}}, Buffer.alloc(4)),
      'numbers of type "toString" for tensor "a". Save it with one of F64, F32, F16, BF16, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, C64, F8_E4M3, F8_E5M2',
    ],
    [
      'a negative extent',
      safetensors({a: f32([-1, -1], 0, 4)}, Buffer.alloc(4)),
      'no valid shape for tensor "a"',
    ],
    [
      'a fraction of an extent',
      safetensors({a: f32([1.5], 0, 6)}, Buffer.alloc(6)),
      'no valid shape for tensor "a"',
    ],
    [
      'offsets that are missing',
      safetensors({a: {dtype: 'F32', shape: [1]}}, Buffer.alloc(4)),
      'no valid data_offsets for tensor "a"',
    ],
    [
      'offsets backwards',
      safetensors({a: f32([1], 4, 0)}, Buffer.alloc(4)),
      '-4 bytes for tensor "a", whose shape [1] of F32 takes 4',
    ],
    [
      'a shape that does not take the bytes',
      safetensors({a: f32([3], 0, 8)}, Buffer.alloc(8)),
      '8 bytes for tensor "a", whose shape [3] of F32 takes 12',
    ],
    [
      'offsets beyond the file',
      safetensors({a: f32([2], 0, 8)}, Buffer.alloc(4)),
      '4 bytes of tensors where the header describes 8',
    ],
    [
      'bytes behind the last tensor',
      safetensors({a: f32([1], 0, 4)}, Buffer.alloc(8)),
      '8 bytes of tensors where the header describes 4',
    ],
    [
      'tensors that overlap',
      safetensors({a: f32([2], 0, 8), b: f32([1], 4, 8)}, Buffer.alloc(8)),
      'tensor "b" overlapping the one before it',
    ],
    [
      'bytes of no tensor',
      safetensors({a: f32([1], 0, 4), b: f32([1], 8, 12)}, Buffer.alloc(12)),
      '4 bytes before tensor "b" that belong to none',
    ],
  ];

  for (const [what, file, found] of REFUSED) {
    it(`refuses ${what}`, async () => {
      expect(await refusalOf(file)).to.equal(
        `FILE cannot be read as weights: ${found}${found.includes('. ') ? '.' : again}`,
      );
    });
  }

  it('refuses what is nested too deep to be shown', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(
      await refusalOf(
        safetensors(`{"a":{"dtype":${deep},"shape":[1],"data_offsets":[0,4]}}`, Buffer.alloc(4)),
      ),
    ).to.include('numbers of type an object for tensor "a"');
  });

  it('refuses a file that is cut anywhere', async () => {
    const whole = safetensors({a: f32([4], 0, 16)}, Buffer.alloc(16));
    for (let length = 0; length < whole.length; length++) {
      expect(await refusalOf(whole.subarray(0, length))).to.match(
        /^FILE cannot be read as weights: [^\n]+\.$/,
      );
    }
  });
});
