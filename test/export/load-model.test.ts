import {expect} from 'chai';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {runInNewContext} from 'node:vm';
import sharp from 'sharp';
import {ArgumentError} from '../../src/core/arguments.js';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {tf} from '../../src/backend/tensorflow.js';
import type {ModelRecord} from '../../src/export/record/model-record.js';
import type {ExportedModel} from '../../src/export/exported-model.js';
import type {ImageSource} from '../../src/export/image-source.js';
import {loadModel} from '../../src/export/load-model.js';
import {InvalidModelError} from '../../src/export/record/invalid-model-error.js';
import {UnreadableImageError} from '../../src/export/read-pixels.js';
import {exportModel} from '../../src/export/export-model.js';
import {toInference} from '../../src/heads/inference-model.js';
import {useBackend} from '../helpers/backend.js';
import {randomClassifier, randomPixels} from '../helpers/random-classifier.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const SIZE = 64;

/** Saved once; tests that break it copy it first. */
let sound: string;

/** What the classifier itself gives for two images. */
let trained: number[];

function copyOfModel(): string {
  const copy = join(temporaryDirectory(), 'model');
  cpSync(sound, copy, {recursive: true});
  return copy;
}

function editRecord(directory: string, edit: (record: Record<string, unknown>) => void): void {
  const path = join(directory, 'finetune.json');
  const record = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  edit(record);
  writeFileSync(path, JSON.stringify(record));
}

async function messageFor(directory: string): Promise<string> {
  const error = await rejectionOf(loadModel(directory));
  expect(error).to.be.instanceOf(InvalidModelError);
  expect(error).to.include({code: 'INVALID_MODEL', exitCode: 1});
  return error.message;
}

describe('loadModel', () => {
  useBackend();

  before('save an exported model', async () => {
    const classifier = randomClassifier({spec: {lastStage: 1}, size: SIZE});
    const metrics = {validation: {accuracy: 0.9} as never};
    sound = join(temporaryDirectory(), 'model');
    await exportModel(classifier, sound, {metrics});
    const frozen = toInference(classifier);
    trained = tf.tidy(() => {
      const pixels = tf.tensor4d(randomPixels(2, SIZE), [2, SIZE, SIZE, 3], 'int32');
      return [...tf.softmax(frozen.logits(pixels)).dataSync()];
    });
    frozen.dispose();
    classifier.dispose();
  });

  it('knows what the exported model says of itself', async () => {
    const model = await loadModel(sound);
    expect(model.directory).to.equal(sound);
    expect(model.classNames).to.deep.equal(['ants', 'bees', 'wasps']);
    expect(model.spec).to.deep.equal({
      arch: 'resnet18',
      lastStage: 1,
      strideIn1x1: false,
      batchNormEpsilon: 1e-5,
    });
    expect(model.preprocessing).to.include({resizeSize: 73, cropSize: 64, channelOrder: 'rgb'});
    expect(model.metrics).to.deep.equal({validation: {accuracy: 0.9}});
    model.dispose();
  });

  it('computes what was trained', async () => {
    const model = await loadModel(sound);
    const found = model.probabilities(randomPixels(2, SIZE));
    expect([...found]).to.deep.equal(trained);
    model.dispose();
  });

  it('frees all when it is disposed', async () => {
    const held = (): unknown => ({tensors: tf.memory().numTensors, handles: countNativeHandles()});
    const before = held();
    const model = await loadModel(sound);
    model.probabilities(randomPixels(2, SIZE));
    model.dispose();
    expect(held()).to.deep.equal(before);
  });

  it('does not mind edited texts next to the model', async () => {
    const directory = copyOfModel();
    appendFileSync(join(directory, 'README.md'), 'Notes of mine.\n');
    rmSync(join(directory, 'labels.txt'));
    (await loadModel(directory)).dispose();
  });

  it('takes a run, and a URL', async () => {
    const run = temporaryDirectory();
    cpSync(sound, join(run, 'model'), {recursive: true});
    for (const place of [run, pathToFileURL(run)]) {
      const model = await loadModel(place);
      expect(model.directory).to.equal(join(run, 'model'));
      model.dispose();
    }
  });

  describe('refuses', () => {
    it('a directory without an exported model', async () => {
      const directory = temporaryDirectory();
      expect(await messageFor(directory)).to.equal(
        `${directory} holds no exported model: there is no finetune.json. Give the directory of a finished run, or the model folder in it.`,
      );
    });

    it('a run whose model is lost, with the command that makes it again', async () => {
      const directory = join(temporaryDirectory(), 'my run');
      mkdirSync(join(directory, 'checkpoints', 'best'), {recursive: true});
      expect(await messageFor(directory)).to.equal(
        `${directory} holds no exported model: there is no finetune.json. Make it from the run's weights: finetune export '${directory}'`,
      );
    });

    it('feature maps without a head, with what loads them', async () => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'features.json'), '{}');
      expect(await messageFor(directory)).to.match(
        / It holds feature maps without a head \(loadFeatureExtractor\)\. Give an exported classifier\.$/,
      );
    });

    it('the runs of a cross-validation, with the path of one', async () => {
      const directory = temporaryDirectory();
      for (const name of ['recipe.json', 'folds.json']) writeFileSync(join(directory, name), '{}');
      expect(await messageFor(directory)).to.match(
        / Give a run of the cross-validation, such as .+fold-1$/,
      );
    });

    it('a record that is not JSON', async () => {
      const directory = copyOfModel();
      const path = join(directory, 'finetune.json');
      writeFileSync(path, '{"schemaVersion": 1,');
      expect(await messageFor(directory)).to.match(
        /^.+finetune\.json is not JSON \(.+\)\. Copy the whole folder again, or export it again\.$/,
      );
    });

    it('a record of a later schema, naming what can read it', async () => {
      const directory = copyOfModel();
      editRecord(directory, record =>
        Object.assign(record, {schemaVersion: 2, createdBy: 'finetune 3.0.0'}),
      );
      expect(await messageFor(directory)).to.equal(
        `The schema version of the exported model in ${directory} is 2; this finetune reads 1. Use finetune 3.0.0, which made it, or a later one.`,
      );
    });

    it('a record of something else', async () => {
      const directory = copyOfModel();
      writeFileSync(join(directory, 'finetune.json'), 'null');
      expect(await messageFor(directory)).to.equal(
        `The schema version of the exported model in ${directory} is none; this finetune reads 1. Use the finetune that made it, or a later one.`,
      );
    });

    it('a record that lacks something', async () => {
      const directory = copyOfModel();
      editRecord(directory, record =>
        Object.assign(record, {arch: 'resnet51', head: {type: 'linear', pooling: 'avg'}}),
      );
      const path = join(directory, 'finetune.json');
      expect(await messageFor(directory)).to.equal(
        `${path}: "arch" cannot be "resnet51"; did you mean resnet50? ` +
          'Copy the whole folder again, or export it again.',
      );
    });

    it('a file outside the exported model', async () => {
      const directory = copyOfModel();
      editRecord(directory, record =>
        Object.assign(record.files as object, {'../secret': {bytes: 1, sha256: '0'.repeat(64)}}),
      );
      expect(await messageFor(directory)).to.match(/finetune\.json: "files" must /);
    });

    for (const file of ['model.json', 'group1-shard1of1.bin', 'model.safetensors']) {
      it(`an exported model without ${file}`, async () => {
        const directory = copyOfModel();
        const path = join(directory, file);
        rmSync(path);
        expect(await messageFor(directory)).to.equal(
          `${path} does not exist. Copy the whole folder again, or export it again.`,
        );
      });
    }

    it('a shard that was cut off', async () => {
      const directory = copyOfModel();
      const path = join(directory, 'group1-shard1of1.bin');
      const {bytes} = (
        JSON.parse(readFileSync(join(directory, 'finetune.json'), 'utf8')) as ModelRecord
      ).files['group1-shard1of1.bin']!;
      truncateSync(path, 1000);
      expect(await messageFor(directory)).to.equal(
        `${path} has 1000 bytes instead of ${bytes}. Copy the whole folder again, or export it again.`,
      );
    });

    it('weights in which one byte was changed', async () => {
      const directory = copyOfModel();
      const path = join(directory, 'model.safetensors');
      const bytes = readFileSync(path);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(path, bytes);
      expect(await messageFor(directory)).to.match(
        /^.+model\.safetensors has changed since the export \(sha256 [0-9a-f]{8}\.\.\. instead of [0-9a-f]{8}\.\.\.\)\. Copy the whole folder again, or export it again\.$/,
      );
    });

    it('a record and weights of two exports', async () => {
      const directory = copyOfModel();
      editRecord(directory, record => Object.assign(record, {classes: ['ants', 'bees']}));
      const path = join(directory, 'model.json');
      expect(await messageFor(directory)).to.equal(
        `${path} is not of one export with the files next to it: weight fc/kernel of 64 x 3, not 64 x 2. ` +
          'Copy the whole folder again, or export it again.',
      );
      editRecord(directory, record => Object.assign(record, {lastStage: 2}));
      expect(await messageFor(directory)).to.match(
        /model\.json is not of one export .*: another stride of layer2\.0\.conv1\./,
      );
    });
  });
});

describe('ExportedModel', () => {
  useBackend();
  let model: ExportedModel;
  let inputs: string[];

  before('load it, and draw images', async () => {
    model = await loadModel(sound);
    const folder = temporaryDirectory();
    inputs = await Promise.all(
      ['red', 'green', 'blue'].map(async background => {
        const path = join(folder, `${background}.png`);
        await sharp({create: {width: 90, height: 73, channels: 3, background}})
          .png()
          .toFile(path);
        return path;
      }),
    );
  });

  after(() => model.dispose());

  it('classifies a file, the likeliest class first', async () => {
    const predictions = await model.classify(inputs[0]!);
    const red = Uint8Array.from({length: SIZE * SIZE * 3}, (_, i) => (i % 3 === 0 ? 255 : 0));
    const expected = model.probabilities(red);
    expect(predictions).to.have.lengthOf(model.classNames.length);
    for (const {className, probability} of predictions) {
      expect(probability).to.be.closeTo(expected[model.classNames.indexOf(className)]!, 1e-6);
    }
    const shown = predictions.map(({probability}) => probability);
    expect(shown).to.deep.equal(shown.toSorted((a, b) => b - a));
  });

  it('classifies the bytes of a file', async () => {
    const [fromBytes, fromFile] = [
      await model.classify(readFileSync(inputs[1]!)),
      await model.classify(inputs[1]!),
    ];
    expect(fromBytes.map(({className}) => className)).to.deep.equal(
      fromFile.map(({className}) => className),
    );
    fromBytes.forEach(({probability}, rank) =>
      expect(probability).to.be.closeTo(fromFile[rank]!.probability, 1e-6),
    );
  });

  it('classifies several at once, in their order', async () => {
    const together = await model.classify(Array.from({length: 12}, () => inputs).flat());
    expect(together).to.have.lengthOf(36);
    for (const [i, image] of inputs.entries()) {
      const alone = await model.classify(image);
      for (const predictions of [together[i]!, together[33 + i]!]) {
        expect(predictions.map(({className}) => className)).to.deep.equal(
          alone.map(({className}) => className),
        );
        predictions.forEach(({probability}, rank) =>
          expect(probability).to.be.closeTo(alone[rank]!.probability, 1e-6),
        );
      }
    }
  });

  it('classifies everything that an image comes as', async () => {
    const bytes = readFileSync(inputs[1]!);
    const buffer = new Uint8Array(bytes).buffer;
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    const url = pathToFileURL(inputs[1]!);
    const sources: ImageSource[] = [
      ...[inputs[1]!, url, url.href, bytes, new Uint8Array(bytes), buffer, shared],
      ...[new DataView(buffer), new Blob([buffer]), new File([buffer], 'a.png')],
      runInNewContext('Uint8Array.from(bytes)', {bytes: [...bytes]}) as Uint8Array,
      runInNewContext('new Uint8Array(bytes).buffer', {bytes: [...bytes]}) as ArrayBuffer,
      new Uint8Array([0, ...bytes, 0]).subarray(1, -1),
    ];
    const [expected, ...others] = [
      await model.classify(sources[0]!),
      ...(await model.classify(sources)),
    ];
    expect(others).to.have.lengthOf(sources.length);
    for (const found of [...others, await model.classify(sources[5]!)]) {
      expect(found.map(({className}) => className)).to.deep.equal(
        expected.map(({className}) => className),
      );
      found.forEach(({probability}, rank) =>
        expect(probability).to.be.closeTo(expected[rank]!.probability, 1e-6),
      );
    }
  });

  it('refuses what stands for no image, and names its place in a list', async () => {
    const nothing = [
      null,
      undefined,
      '',
      5,
      true,
      {},
      new Map(),
      new Set(['a.png']),
      new Float32Array(4),
      new Uint8ClampedArray(4),
      () => 1,
    ];
    const elsewhere = [
      'https://example.org/a.jpg',
      new URL('http://example.org/a.jpg'),
      'data:image/png;base64,AA',
      new URL('file://host/a.jpg'),
    ];
    for (const value of [...nothing, ...elsewhere, Symbol('a'), 5n, Promise.resolve('a.png')]) {
      const alone = await rejectionOf(model.classify(value as ImageSource));
      expect(alone)
        .to.be.instanceOf(ArgumentError)
        .and.to.include({code: 'INVALID_ARGUMENT', argument: 'image'});
      const listed = await rejectionOf(model.classify([inputs[0]!, value as ImageSource]));
      expect(listed).to.include({code: 'INVALID_ARGUMENT', argument: 'images[1]'});
    }
    expect(await rejectionOf(model.classify([[inputs[0]!]] as never))).to.include({
      argument: 'images[0]',
    });
    expect(await rejectionOf(model.classify([inputs[0]!, , inputs[1]!] as never))).to.include({
      argument: 'images[1]',
    });
  });

  it('reports bytes that are none any more', async () => {
    const detached = new Uint8Array(readFileSync(inputs[0]!));
    structuredClone(detached.buffer, {transfer: [detached.buffer]});
    for (const empty of [
      detached,
      detached.buffer,
      new Uint8Array(),
      new ArrayBuffer(0),
      new Blob([]),
      new DataView(new ArrayBuffer(0)),
    ]) {
      expect(await rejectionOf(model.classify(empty))).to.include({
        code: 'IMAGE_UNREADABLE',
        index: 0,
      });
    }
  });

  it('tells which image of a long list cannot be read', async () => {
    const images: ImageSource[] = Array.from({length: 40}, () => inputs[0]!);
    expect(await rejectionOf(model.classify(images.with(37, new Blob(['notes']))))).to.include({
      code: 'IMAGE_UNREADABLE',
      index: 37,
    });
    const gone = new Blob(['a']);
    gone.arrayBuffer = () => Promise.reject(new Error('gone'));
    expect(await rejectionOf(model.classify(gone))).to.include({
      code: 'IMAGE_UNREADABLE',
      image: '1 bytes',
    });
  });

  it('refuses options that it does not have, or cannot take', async () => {
    const refusal = (options: object): Promise<Error> =>
      rejectionOf(model.classify(inputs[0]!, options));
    expect((await refusal({topK: 0})).message).to.equal(
      'options of classify() cannot have topK; did you mean top?',
    );
    for (const options of [
      null,
      3,
      [],
      {top: '3'},
      {top: Infinity},
      {signal: {}},
      {signal: true},
      {unknown: 1},
    ]) {
      expect(await refusal(options as never)).to.include({code: 'INVALID_ARGUMENT'});
    }
    expect(await model.classify(inputs[0]!, {top: undefined} as never)).to.have.lengthOf(
      model.classNames.length,
    );
  });

  it('refuses to work when it is disposed, also in the middle', async () => {
    const other = await loadModel(sound);
    const busy = rejectionOf(other.classify(Array.from({length: 40}, () => inputs[0]!)));
    const also = rejectionOf(other.classify(inputs[0]!));
    other.dispose();
    other.dispose();
    for (const error of [
      await busy,
      await also,
      await rejectionOf(other.classify(inputs[0]!)),
      await rejectionOf(other.classify([])),
    ]) {
      expect(error).to.include({code: 'MODEL_DISPOSED', exitCode: 2});
    }
    expect(() => other.probabilities(randomPixels(1, SIZE)))
      .to.throw('disposed')
      .with.property('code', 'MODEL_DISPOSED');
  });

  it('classifies many requests at once, each for itself', async () => {
    const alone = await Promise.all(inputs.map(image => model.classify(image)));
    const together = await Promise.all(
      Array.from({length: 24}, (_, i) => model.classify(inputs[i % 3]!)),
    );
    together.forEach((found, i) => expect(found[0].className).to.equal(alone[i % 3]![0].className));
  });

  it('classifies nothing', async () => {
    expect(await model.classify([])).to.deep.equal([]);
  });

  it('tells as many classes as were asked for', async () => {
    const all = await model.classify(inputs[0]!);
    expect(await model.classify(inputs[0]!, {top: 1})).to.deep.equal(all.slice(0, 1));
    expect(await model.classify([inputs[0]!], {top: 10})).to.deep.equal([all]);
  });

  for (const top of [0, -1, 1.5, NaN]) {
    it(`refuses to tell ${top} classes`, async () => {
      const error = await rejectionOf(model.classify(inputs[0]!, {top}));
      expect(error).to.include({
        code: 'INVALID_ARGUMENT',
        exitCode: 2,
        message: `options.top of classify() is the number ${top}. Give a whole number from 1 up.`,
      });
    });
  }

  it('stops on a signal', async () => {
    const error = await rejectionOf(model.classify(inputs, {signal: AbortSignal.abort()}));
    expect(error).to.have.property('code', 'ABORTED');
  });

  it('names a file that is no image', async () => {
    const path = join(temporaryDirectory(), 'notes.jpg');
    writeFileSync(path, 'these are notes');
    const error = await rejectionOf(model.classify([inputs[0]!, path]));
    expect(error).to.be.instanceOf(UnreadableImageError);
    expect(error).to.include({code: 'IMAGE_UNREADABLE', exitCode: 1});
    expect(error.message).to.equal(
      `${path} cannot be read: its bytes are no image. Give a JPEG, PNG, GIF, WebP, TIFF, AVIF, HEIC, BMP or Netpbm file.`,
    );
  });

  it('names a file that is not there, and a folder', async () => {
    const folder = temporaryDirectory();
    const message = async (path: string): Promise<string> =>
      (await rejectionOf(model.classify(path))).message;
    expect(await message(join(folder, 'none.jpg'))).to.equal(
      `${join(folder, 'none.jpg')} cannot be read: there is no such file. ` +
        'Give a JPEG, PNG, GIF, WebP, TIFF, AVIF, HEIC, BMP or Netpbm file.',
    );
    expect(await message(folder)).to.contain('cannot be read: it is a folder.');
  });

  it('says how many bytes were no image', async () => {
    expect((await rejectionOf(model.classify(new Uint8Array(12)))).message).to.contain(
      '12 bytes cannot be read: ',
    );
  });

  it('refuses pixels of half an image', () => {
    expect(() => model.probabilities(new Uint8Array(100))).to.throw(
      '100 bytes are not the pixels of whole images. Give 64 x 64 x 3 bytes for each.',
    );
  });
});
