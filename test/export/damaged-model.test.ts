import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {readSafetensors} from '../../src/backbones/readers/safetensors.js';
import {writeSafetensors} from '../../src/backbones/weights/safetensors-writer.js';
import {FinetuneError} from '../../src/core/errors.js';
import type {CpuTensor} from '../../src/core/state-dict.js';
import type {ModelRecord} from '../../src/export/record/model-record.js';
import {loadModel} from '../../src/export/load-model.js';
import {readModelRecord} from '../../src/export/record/read-model-record.js';
import {exportModel} from '../../src/export/export-model.js';
import {useBackend} from '../helpers/backend.js';
import {randomClassifier, randomPixels} from '../helpers/random-classifier.js';
import {temporaryDirectory} from '../helpers/temporary.js';

type Json = Record<string, unknown>;

const SIZE = 32;
const SHARD = 'group1-shard1of1.bin';

/** What a damaged or hostile document may hold in any place. */
const REPLACEMENTS: readonly (readonly [name: string, value: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['-1', -1],
  ['0', 0],
  ['1e9', 1e9],
  ['a fraction', 0.5],
  ['true', true],
  ['"NaN"', 'NaN'],
  ['no text', ''],
  ['a list', []],
  ['an object', {}],
  ['a long text', 'x'.repeat(100_000)],
  ['a long list', new Array<number>(100_000).fill(1)],
  ['a deep list', deep(2_000)],
  ['what is no number in JSON', Symbol.for('1e999')],
];

function deep(depth: number): unknown {
  let list: unknown = 1;
  for (let i = 0; i < depth; i++) list = [list];
  return list;
}

/** JSON in which a symbol stands for what it says: numbers beyond all bounds. */
const toJson = (document: unknown): string =>
  JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'symbol' ? `\u0001${Symbol.keyFor(value)}\u0001` : value,
  ).replace(/"\\u0001(.*?)\\u0001"/g, '$1');

/** Paths of every key and list entry of a document. */
function pathsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [...path, key],
    ...pathsIn(inner, [...path, key]),
  ]);
}

function withValueAt(document: Json, path: readonly string[], value: unknown): Json {
  const copy = structuredClone(document);
  const holder = path.slice(0, -1).reduce<Json>((object, key) => object[key] as Json, copy);
  const key = path.at(-1)!;
  if (value !== undefined) holder[key] = value;
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return copy;
}

describe('a model folder that is damaged or hostile', function () {
  this.timeout(120_000);
  useBackend();

  const sound = join(temporaryDirectory(), 'model');
  const directory = join(temporaryDirectory(), 'model');
  let expected: number[];
  const pixels = randomPixels(1, SIZE);

  const readDocument = (name: string): Json =>
    JSON.parse(readFileSync(join(sound, name), 'utf8')) as Json;
  const writeDocument = (name: string, document: unknown): void =>
    writeFileSync(join(directory, name), toJson(document));
  const record = (): ModelRecord => readDocument('finetune.json') as unknown as ModelRecord;

  before('save one', async () => {
    const classifier = randomClassifier({
      spec: {lastStage: 1},
      head: {type: 'mlp', dropout: 0.2},
      size: SIZE,
    });
    await exportModel(classifier, sound, {
      metrics: {validation: {accuracy: 0.9} as never},
      recipe: {seed: 1, classes: ['ants']},
    });
    classifier.dispose();
    const model = await loadModel(sound);
    expected = [...model.probabilities(pixels)];
    model.dispose();
  });

  beforeEach(() => {
    rmSync(directory, {recursive: true, force: true});
    cpSync(sound, directory, {recursive: true});
  });

  /** @returns the sentence it is refused with; undefined where it is loaded and computes the same */
  async function outcome(): Promise<string | undefined> {
    try {
      const model = await loadModel(directory);
      const found = [...model.probabilities(pixels)];
      const {classNames} = model;
      model.dispose();
      expect(found).to.deep.equal(expected);
      expect(classNames).to.deep.equal(record().classes);
      return undefined;
    } catch (error) {
      if (!(error instanceof FinetuneError)) throw error;
      expect(error)
        .to.have.property('code')
        .that.matches(/^[A-Z_]+$/);
      expect(error.message.length).to.be.below(1500);
      expect(error.message).to.not.include('\n');
      return error.message;
    }
  }

  /** Puts every value into every place of a document. @returns what is loaded all the same: `path = value` */
  async function harmless(
    name: string,
    places: readonly string[][],
    write: (document: Json) => void,
  ): Promise<string[]> {
    const document = readDocument(name);
    const loaded: string[] = [];
    for (const path of places) {
      for (const [what, value] of REPLACEMENTS) {
        write(withValueAt(document, path, value));
        const begin = performance.now();
        const sentence = await outcome();
        expect(performance.now() - begin, `${path.join('.')} = ${what}`).to.be.below(3000);
        if (sentence === undefined) loaded.push(`${path.join('.')} = ${what}`);
      }
    }
    return loaded;
  }

  it('is loaded where it is whole', async () => {
    expect(await outcome()).to.equal(undefined);
  });

  it('is loaded without its files for web pages, where all of them are gone', async () => {
    const web = Object.keys(record().files).filter(name => name !== 'model.safetensors');
    expect(web).to.have.lengthOf.above(1);
    for (const name of web) rmSync(join(directory, name));
    expect(await outcome()).to.equal(undefined);
    for (const name of web) {
      cpSync(join(sound, name), join(directory, name));
      expect(await outcome(), name).to.match(/ does not exist\. Copy the whole folder again/);
      rmSync(join(directory, name));
    }
    const bytes = readFileSync(join(sound, 'model.safetensors'));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(join(directory, 'model.safetensors'), bytes);
    expect(await outcome()).to.match(/model\.safetensors has changed since the export/);
  });

  it('is refused in a sentence, whatever is in any place of finetune.json, or computes the same', async () => {
    const before = process.memoryUsage().rss;
    const loaded = await harmless(
      'finetune.json',
      pathsIn(readDocument('finetune.json')),
      document => writeDocument('finetune.json', document),
    );
    // Nothing is computed with these.
    expect(
      loaded.filter(where => !/^(recipe|metrics|createdBy|createdAt|weights|web)\b/.test(where)),
    ).to.deep.equal([]);
    for (const key of ['createdBy', 'createdAt', 'weights', 'weights.origin', 'web', 'web.page.js'])
      expect(loaded).to.not.include(`${key} = null`);
    expect(process.memoryUsage().rss - before).to.be.below(2 ** 30);
  });

  /** Rewrites the hashes too: who wants to deceive does. */
  function writeModel(document: unknown): void {
    writeDocument('model.json', document);
    const {files, ...rest} = record();
    const bytes = readFileSync(join(directory, 'model.json'));
    const sha256 = (data: string | Buffer): string =>
      createHash('sha256').update(data).digest('hex');
    const model = {bytes: bytes.length, sha256: sha256(bytes)};
    writeDocument('finetune.json', {
      ...rest,
      files: {...files, 'model.json': model},
      contentHash: sha256(`${model.sha256}\n${files[SHARD]!.sha256}\n`),
    });
  }

  it('is refused in a sentence, whatever is in a place of model.json that says what is computed', async () => {
    const model = readDocument('model.json');
    const places = pathsIn(model).filter(path => {
      const [first, , third, index, key, setting] = path;
      if (path.length < 3 || first === 'weightsManifest')
        return first !== 'userDefinedMetadata' && !/^[1-9]/.test(path[3] ?? '');
      return (
        first === 'modelTopology' &&
        third === 'layers' &&
        index === '3' &&
        (key !== 'config' || setting === 'strides') &&
        path.length < 7
      );
    });
    expect(places.length).to.be.above(20);
    const loaded = await harmless('model.json', places, writeModel);
    const reported =
      /^(generatedBy|convertedBy|modelTopology\.(class_name|keras_version|backend|config)|modelTopology\.config\.layers\.3\.inbound_nodes)/;
    expect(loaded.filter(where => !reported.test(where))).to.deep.equal([]);
  });

  it('is refused where a layer could run code, or the input is another', async () => {
    const model = readDocument('model.json') as {modelTopology: {config: {layers: Json[]}}};
    const {layers} = model.modelTopology.config;
    layers[3]!.class_name = 'Lambda';
    writeModel(model);
    expect(await outcome()).to.match(
      /model\.json: "modelTopology\.config\.layers\.3\.class_name" cannot be "Lambda"\. Use InputLayer, .* or Dense\./,
    );
    layers[3]!.class_name = 'Conv2D';
    (layers[0]!.config as Json).batch_input_shape = [null, 64, 64, 3];
    writeModel(model);
    expect(await outcome()).to.match(/an input of \[\[null,64,64,3\]\], not of 32 x 32 x 3\./);
  });

  it('is refused where a weight is quantised in a way that is none', async () => {
    const model = readDocument('model.json') as {weightsManifest: [{weights: Json[]}]};
    model.weightsManifest[0].weights[0]!.quantization = {dtype: 'int32', scale: 1, min: 0};
    writeModel(model);
    expect(await outcome()).to.match(
      /quantization\.dtype" cannot be "int32"\. Use float16, uint16 or uint8\./,
    );
  });

  it('is refused where names, hashes or files are missing or lead elsewhere', async () => {
    const shown = async (files: Json): Promise<string | undefined> => {
      writeDocument('finetune.json', {...record(), files: {...record().files, ...files}});
      return outcome();
    };
    const {bytes} = record().files[SHARD]!;
    for (const name of ['model.json', 'model.safetensors', SHARD])
      expect(await shown({[name]: {bytes}})).to.match(/sha256" is missing/);
    for (const name of ['../model.json', '/etc/passwd', '.', '..', 'a/b', '']) {
      expect(await shown({[name]: record().files[SHARD]}), name).to.match(/"files" must /);
    }
    expect(await shown({'group1-shard2of2.bin': record().files[SHARD]})).to.match(
      /shard2of2\.bin does not exist/,
    );
  });

  it('is refused where a file is a pipe, a device, a folder or endless, without waiting for it', async () => {
    const names = [
      'finetune.json',
      'model.json',
      'model.safetensors',
      SHARD,
      'metadata.json',
      'labels.txt',
    ];
    for (const name of names) {
      const path = join(directory, name);
      const makers: (() => void)[] = [
        () => execFileSync('mkfifo', [path]),
        () => symlinkSync('/dev/zero', path),
        () => mkdirSync(path),
        () => {
          writeFileSync(path, '{');
          truncateSync(path, 2 ** 40);
        },
      ];
      for (const make of makers) {
        rmSync(path);
        make();
        const begin = performance.now();
        expect(await outcome(), name).to.match(/finetune|model|shard|metadata|labels/);
        expect(performance.now() - begin).to.be.below(2000);
        rmSync(path, {recursive: true});
        cpSync(join(sound, name), path);
      }
    }
  });

  it('is refused where the record asks for an endless file that is there', async () => {
    const path = join(directory, 'model.safetensors');
    truncateSync(path, 2 ** 39);
    writeDocument('finetune.json', {
      ...record(),
      files: {...record().files, 'model.safetensors': {bytes: 2 ** 39, sha256: 'a'.repeat(64)}},
    });
    expect(statSync(path).size).to.equal(2 ** 39);
    expect(await outcome()).to.match(/files of 549755813888 bytes for \d+ weights/);
  });

  it('is refused where texts next to the model belong to another', async () => {
    writeFileSync(join(directory, 'labels.txt'), 'ants\nbees\n');
    expect(await outcome()).to.match(
      /labels\.txt is not of one export .*: 2 names for 3 classes\./,
    );
    cpSync(join(sound, 'labels.txt'), join(directory, 'labels.txt'));
    for (const wrong of [{classNames: ['bees', 'ants', 'wasps']}, {inputSize: 224}]) {
      writeDocument('metadata.json', {...readDocument('metadata.json'), ...wrong});
      expect(await outcome()).to.match(
        /metadata\.json is not of one export .*: other classes or another size\./,
      );
    }
    writeFileSync(join(directory, 'metadata.json'), '{');
    expect(await outcome()).to.match(/metadata\.json is not of one export .*: no JSON/);
  });

  it('is loaded with the metadata.json of an earlier version, or none', async () => {
    const {labels, ...earlier} = readDocument('metadata.json');
    expect(labels).to.be.an('array');
    writeDocument('metadata.json', earlier);
    expect(await outcome()).to.equal(undefined);
    const {classes} = record();
    writeDocument('metadata.json', {modelName: 'x', labels: classes, imageSize: 64});
    expect(await outcome()).to.equal(undefined);
    rmSync(join(directory, 'metadata.json'));
    expect(await outcome()).to.equal(undefined);
  });

  describe('in its weights', () => {
    /** Writes changed tensors, with hashes that are right. */
    async function writeTensors(
      change: (tensors: Map<string, CpuTensor>, metadata: Record<string, string>) => void,
    ): Promise<void> {
      const {tensors, metadata} = await readSafetensors(join(sound, 'model.safetensors'));
      const [copy, reported] = [
        new Map([...tensors].map(([name, {shape, data}]) => [name, {shape, data: data.slice()}])),
        {...metadata},
      ];
      change(copy, reported);
      const path = join(directory, 'model.safetensors');
      rmSync(path);
      await writeSafetensors(path, copy, reported);
      const bytes = readFileSync(path);
      const file = {bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex')};
      writeDocument('finetune.json', {
        ...record(),
        files: {...record().files, 'model.safetensors': file},
      });
    }

    const WRONG: readonly (readonly [
      what: string,
      change: (tensors: Map<string, CpuTensor>, metadata: Record<string, string>) => void,
      found: RegExp,
    ])[] = [
      [
        'a number that is none',
        tensors => (tensors.get('fc.3.bias')!.data[1] = NaN),
        /1 of the 3 numbers of tensor "fc\.3\.bias" not finite/,
      ],
      [
        'one without bounds',
        tensors => (tensors.get('conv1.weight')!.data[7] = -Infinity),
        /1 of the 9,408 numbers of tensor "conv1\.weight" not finite/,
      ],
      [
        'a negative variance',
        tensors => (tensors.get('bn1.running_var')!.data[0] = -1),
        /1 of the 64 numbers of tensor "bn1\.running_var" below zero/,
      ],
      [
        'a missing tensor',
        tensors => tensors.delete('bn1.bias'),
        /no tensor for bn1\.bias, which takes 64\./,
      ],
      [
        'one more',
        tensors => tensors.set('more', {shape: [1], data: new Float32Array(1)}),
        /a tensor "more" that is not of the network\./,
      ],
      [
        'the classes in another order',
        (_, reported) => (reported.classes = '["bees","ants","wasps"]'),
        /another "classes" than finetune\.json\./,
      ],
      [
        'another epsilon',
        (_, reported) => (reported.batch_norm_epsilon = '0.001'),
        /another "variant" than finetune\.json\./,
      ],
      [
        'no preprocessing',
        (_, reported) => delete reported.preprocessing,
        /another "preprocessing" than finetune\.json\./,
      ],
    ];
    for (const [what, change, found] of WRONG) {
      it(`is refused: ${what}`, async () => {
        await writeTensors(change);
        expect(await outcome()).to.match(found);
      });
    }

    it('gives an error, not NaN, where sound numbers overflow', async () => {
      await writeTensors(tensors => {
        for (const name of ['fc.0.weight', 'fc.3.weight']) tensors.get(name)!.data.fill(3e38);
      });
      expect(await outcome()).to.match(
        /^The model in .* gives (NaN|Infinity) as a probability\. Its weights overflow/,
      );
    });
  });

  it('is recognized before anything of it is loaded', async () => {
    writeDocument('finetune.json', {
      ...record(),
      preprocessing: {...record().preprocessing, resizeSize: 1_000_000_000},
    });
    const error = await readModelRecord(directory).catch((error: unknown) => error);
    expect(error).to.include({code: 'INVALID_MODEL'});
    expect((error as Error).message).to.match(
      /"preprocessing\.resizeSize" must be <= 2048; it is 1000000000\./,
    );
  });
});
