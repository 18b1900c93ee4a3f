import {expect} from 'chai';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readWeights} from '../../../src/backbones/readers/read-weights.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {bytesOf} from '../../helpers/torch-files.js';
import {again, refusalOf, refusalOfPath, valuesIn} from '../../helpers/weights-files.js';

/** A folder of this model.json and these shards. */
function folder(json: object | string, shards: Readonly<Record<string, Uint8Array>> = {}): string {
  const directory = temporaryDirectory();
  writeFileSync(
    join(directory, 'model.json'),
    typeof json === 'string' ? json : JSON.stringify(json),
  );
  for (const [name, bytes] of Object.entries(shards)) writeFileSync(join(directory, name), bytes);
  return directory;
}

const manifest = (weights: readonly object[], paths: readonly unknown[] = ['a.bin']) => ({
  weightsManifest: [{paths, weights}],
});
const weight = (name: string, shape: readonly number[], more: object = {}) => ({
  name,
  shape,
  dtype: 'float32',
  ...more,
});
const floats = (...values: readonly number[]): Buffer => bytesOf(Float32Array.from(values));

describe('readTfjs', () => {
  it('reads a model by its folder or its model.json, over shards that end anywhere', async () => {
    const bytes = floats(1, 2, 3, 4, 5);
    const json = {
      userDefinedMetadata: {stride_on: '1x1', preprocessing: {scale: 1}},
      weightsManifest: [
        {paths: ['a.bin', 'b.bin'], weights: [weight('fc/kernel', [2, 2]), weight('fc/bias', [1])]},
        {paths: ['c.bin'], weights: [weight('scalar', [])]},
      ],
    };
    const directory = folder(json, {
      'a.bin': bytes.subarray(0, 7),
      'b.bin': bytes.subarray(7),
      'c.bin': floats(6),
    });
    for (const path of [directory, join(directory, 'model.json')]) {
      const file = await readWeights(path);
      expect(file.format).to.equal('tfjs');
      expect(file.metadata).to.deep.equal({stride_on: '1x1', preprocessing: '{"scale":1}'});
      expect(file.tensors.get('fc/kernel')!.shape).to.deep.equal([2, 2]);
      expect(valuesIn(file)).to.deep.equal({
        'fc/kernel': [1, 2, 3, 4],
        'fc/bias': [5],
        scalar: [6],
      });
    }
  });

  it('restores quantised weights, and drops integers', async () => {
    const weights = [
      weight('bytes', [3], {quantization: {dtype: 'uint8', scale: 0.5, min: -1}}),
      weight('count', [1], {dtype: 'int32'}),
      weight('words', [2], {quantization: {dtype: 'uint16', scale: 2, min: 1}}),
      weight('halves', [2], {quantization: {dtype: 'float16'}}),
      weight('steps', [1], {dtype: 'int32', quantization: {dtype: 'uint8', scale: 1, min: 0}}),
    ];
    const parts = [
      Uint8Array.of(0, 2, 255),
      Int32Array.of(7),
      Uint16Array.of(1, 65535),
      Uint16Array.of(0x3c00, 0xc000),
      Uint8Array.of(9),
    ];
    const file = await readWeights(
      folder(manifest(weights), {'a.bin': Buffer.concat(parts.map(bytesOf))}),
    );
    expect(valuesIn(file)).to.deep.equal({
      bytes: [-1, 0, 126.5],
      words: [3, 131071],
      halves: [1, -2],
    });
  });

  const one = manifest([weight('w', [1])]);
  const REFUSED: readonly (readonly [what: string, path: string, found: string])[] = [
    [
      'a shard that is missing',
      folder(one),
      'no shard a.bin next to its model.json. Copy the whole folder of the model.',
    ],
    [
      'a short shard',
      folder(one, {'a.bin': Buffer.alloc(3)}),
      `3 bytes in shards a.bin, whose weights take 4${again}`,
    ],
    [
      'a long shard',
      folder(one, {'a.bin': Buffer.alloc(5)}),
      `5 bytes in shards a.bin, whose weights take 4${again}`,
    ],
    [
      'a shard in another folder',
      folder(manifest([], ['x/../../a.bin'])),
      `a shard outside the model's folder ("x/../../a.bin")${again}`,
    ],
    [
      'a shard by an absolute path',
      folder(manifest([], ['/etc/hostname'])),
      `a shard outside the model's folder ("/etc/hostname")${again}`,
    ],
    [
      'a shard without a name',
      folder(manifest([], [1])),
      `a shard outside the model's folder (1)${again}`,
    ],
    [
      'more shards than anybody has',
      folder(
        manifest(
          [],
          Array.from({length: 10_001}, (_, i) => String(i)),
        ),
      ),
      `10,001 shards, above the limit of 10,000${again}`,
    ],
    [
      'a folder for a shard',
      folder(manifest([weight('w', [0])], ['.'])),
      'no shard . next to its model.json. Copy the whole folder of the model.',
    ],
    [
      'one shard named many times',
      folder(manifest([weight('w', [10_000])], Array(10_000).fill('a.bin')), {
        'a.bin': Buffer.alloc(4),
      }),
      `shard a.bin named more than once${again}`,
    ],
    [
      'one shard in two groups',
      folder(
        {
          weightsManifest: [
            manifest([weight('a', [1])]),
            manifest([weight('b', [1])], ['./a.bin']),
          ].flatMap(m => m.weightsManifest),
        },
        {
          'a.bin': Buffer.alloc(4),
        },
      ),
      `shard ./a.bin named more than once${again}`,
    ],
    [
      'a weight quantised to what is not',
      folder(manifest([weight('w', [1], {quantization: {dtype: 'int32', scale: 1, min: 0}})]), {
        'a.bin': Buffer.alloc(4),
      }),
      'numbers quantised to "int32" for tensor "w". Export it as float32.',
    ],
    [
      'metadata that is nested too deep',
      folder(
        `{"weightsManifest": [], "userDefinedMetadata": {"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      ),
      `a userDefinedMetadata that is nested too deep${again}`,
    ],
    [
      'a manifest that is no list',
      folder({weightsManifest: {}}),
      'a model.json without a weightsManifest. Give the model.json of a tfjs model, or its folder.',
    ],
    [
      'a group without paths',
      folder({weightsManifest: [{weights: []}]}),
      `a weightsManifest without paths and weights${again}`,
    ],
    [
      'a weight without a name',
      folder(manifest([{shape: [1], dtype: 'float32'}])),
      `a weight without a name${again}`,
    ],
    [
      'a weight without a shape',
      folder(manifest([{name: 'w', dtype: 'float32'}])),
      `no valid shape for tensor "w"${again}`,
    ],
    [
      'a weight of text',
      folder(manifest([weight('w', [1], {dtype: 'string'})])),
      'numbers of type "string" for tensor "w". Export it as float32.',
    ],
    [
      'a quantised weight without a scale',
      folder(manifest([weight('w', [1], {quantization: {dtype: 'uint8', min: 0}})])),
      `no valid scale and min for the quantised tensor "w"${again}`,
    ],
    [
      'a model.json that is not JSON',
      folder('{"modelTopology": '),
      `a JSON document that is not JSON${again}`,
    ],
    [
      'a model without weights',
      folder({weightsManifest: []}),
      'no tensor of floating-point numbers. Give a file with the weights of a network.',
    ],
  ];

  for (const [what, path, found] of REFUSED) {
    it(`refuses ${what}`, async () => {
      expect(await refusalOfPath(path)).to.equal(`FILE cannot be read as weights: ${found}`);
    });
  }

  it('refuses a folder without a model.json, and JSON that is something else', async () => {
    const empty = join(temporaryDirectory(), 'empty');
    mkdirSync(empty);
    expect(await refusalOfPath(empty)).to.equal(
      'FILE cannot be read as weights: a folder without a file of weights. Give the file or the folder that holds the weights.',
    );
    expect(await refusalOf(Buffer.from('{"name": "finetune"}'))).to.equal(
      'FILE cannot be read as weights: JSON without a weightsManifest or a weight_map. ' +
        'Give the model.json of a tfjs model, a model.safetensors.index.json, or the folder of either.',
    );
  });
});
