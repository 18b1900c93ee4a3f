import {expect} from 'chai';
import {appendFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {nativeHandles} from '../../src/engine/binding.js';
import {tf} from '../../src/engine/tensorflow.js';
import type {BundleRecord} from '../../src/export/bundle-record.js';
import {Bundle} from '../../src/export/bundle.js';
import {loadBundle} from '../../src/export/load-bundle.js';
import {BundleError} from '../../src/export/open-bundle.js';
import {UnreadableImageError} from '../../src/export/read-pixels.js';
import {saveBundle} from '../../src/export/save-bundle.js';
import {freezeClassifier} from '../../src/heads/frozen-classifier.js';
import {useEngine} from '../helpers/engine.js';
import {randomClassifier, randomPixels} from '../helpers/random-classifier.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const SIZE = 64;

/** Saved once; tests that break it copy it first. */
let sound: string;

/** What the classifier itself gives for two pictures. */
let trained: number[];

function copyOfBundle(): string {
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
  const error = await rejectionOf(loadBundle(directory));
  expect(error).to.be.instanceOf(BundleError);
  expect(error).to.include({code: 'BUNDLE_UNUSABLE', exitCode: 1});
  return error.message;
}

describe('loadBundle', () => {
  useEngine();

  before('save a bundle', async () => {
    const classifier = randomClassifier({spec: {lastStage: 1}, size: SIZE});
    const metrics = {validation: {accuracy: 0.9} as never};
    sound = join(temporaryDirectory(), 'model');
    await saveBundle(classifier, sound, {metrics});
    const frozen = freezeClassifier(classifier);
    trained = tf.tidy(() => {
      const pixels = tf.tensor4d(randomPixels(2, SIZE), [2, SIZE, SIZE, 3], 'int32');
      return [...tf.softmax(frozen.logits(pixels)).dataSync()];
    });
    frozen.dispose();
    classifier.dispose();
  });

  it('knows what the bundle says of itself', async () => {
    const bundle = await loadBundle(sound);
    expect(bundle.directory).to.equal(sound);
    expect(bundle.classNames).to.deep.equal(['ants', 'bees', 'wasps']);
    expect(bundle.spec).to.deep.equal({arch: 'resnet18', lastStage: 1, strideOn: '3x3', batchNormEpsilon: 1e-5});
    expect(bundle.preprocessing).to.include({resizeSize: 73, cropSize: 64, channelOrder: 'rgb'});
    expect(bundle.metrics).to.deep.equal({validation: {accuracy: 0.9}});
    bundle.dispose();
  });

  it('computes what was trained', async () => {
    const bundle = await loadBundle(sound);
    const found = bundle.probabilities(randomPixels(2, SIZE));
    expect([...found]).to.deep.equal(trained);
    bundle.dispose();
  });

  it('frees all when it is disposed', async () => {
    const held = (): unknown => ({tensors: tf.memory().numTensors, handles: nativeHandles()});
    const before = held();
    const bundle = await loadBundle(sound);
    bundle.probabilities(randomPixels(2, SIZE));
    bundle.dispose();
    expect(held()).to.deep.equal(before);
  });

  it('does not mind edited texts beside the model', async () => {
    const directory = copyOfBundle();
    appendFileSync(join(directory, 'README.md'), 'Notes of mine.\n');
    rmSync(join(directory, 'labels.txt'));
    (await loadBundle(directory)).dispose();
  });

  describe('refuses', () => {
    it('a directory without a bundle', async () => {
      const directory = temporaryDirectory();
      expect(await messageFor(directory)).to.equal(
        `Expected a bundle in ${directory}, but found no finetune.json. Give the model folder that a run or saveBundle made.`,
      );
    });

    it('a run directory, naming the bundle in it', async () => {
      const run = temporaryDirectory();
      cpSync(sound, join(run, 'model'), {recursive: true});
      expect(await messageFor(run)).to.equal(`Expected a bundle in ${run}, but found no finetune.json. Give ${join(run, 'model')}.`);
    });

    it('a record that is not JSON', async () => {
      const directory = copyOfBundle();
      const path = join(directory, 'finetune.json');
      writeFileSync(path, '{"schemaVersion": 1,');
      expect(await messageFor(directory)).to.match(
        /^Expected JSON in .+finetune\.json, but found something else \(.+\)\. Copy the whole folder again, or export it again\.$/,
      );
    });

    it('a record of a later schema, naming what can read it', async () => {
      const directory = copyOfBundle();
      editRecord(directory, record => Object.assign(record, {schemaVersion: 2, createdBy: 'finetune 3.0.0'}));
      expect(await messageFor(directory)).to.equal(
        `Expected schema version 1 of the bundle in ${directory}, but found 2. Use finetune 3.0.0, which made it, or a later one.`,
      );
    });

    it('a record of something else', async () => {
      const directory = copyOfBundle();
      writeFileSync(join(directory, 'finetune.json'), 'null');
      expect(await messageFor(directory)).to.equal(
        `Expected schema version 1 of the bundle in ${directory}, but found none. Use the finetune that made it, or a later one.`,
      );
    });

    it('a record that lacks something', async () => {
      const directory = copyOfBundle();
      editRecord(directory, record => Object.assign(record, {arch: 'resnet20', head: {type: 'linear', pooling: 'avg'}}));
      const path = join(directory, 'finetune.json');
      expect(await messageFor(directory)).to.equal(
        `${path}: Expected "resnet18", "resnet34", "resnet50", "resnet101", "resnet152" for "arch", but found "resnet20". ` +
          'Copy the whole folder again, or export it again.',
      );
    });

    it('a file outside the bundle', async () => {
      const directory = copyOfBundle();
      editRecord(directory, record => Object.assign(record.files as object, {'../secret': {bytes: 1, sha256: '0'.repeat(64)}}));
      expect(await messageFor(directory)).to.match(/finetune\.json: Expected "files" to /);
    });

    for (const file of ['model.json', 'group1-shard1of1.bin', 'model.safetensors']) {
      it(`a bundle without ${file}`, async () => {
        const directory = copyOfBundle();
        const path = join(directory, file);
        rmSync(path);
        expect(await messageFor(directory)).to.equal(
          `Expected ${path}, but found no such file. Copy the whole folder again, or export it again.`,
        );
      });
    }

    it('a shard that was cut off', async () => {
      const directory = copyOfBundle();
      const path = join(directory, 'group1-shard1of1.bin');
      const {bytes} = (JSON.parse(readFileSync(join(directory, 'finetune.json'), 'utf8')) as BundleRecord).files['group1-shard1of1.bin']!;
      truncateSync(path, 1000);
      expect(await messageFor(directory)).to.equal(
        `Expected ${bytes} bytes in ${path}, but found 1000. Copy the whole folder again, or export it again.`,
      );
    });

    it('weights in which one byte was changed', async () => {
      const directory = copyOfBundle();
      const path = join(directory, 'model.safetensors');
      const bytes = readFileSync(path);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(path, bytes);
      expect(await messageFor(directory)).to.match(
        /^Expected the contents that were exported \(sha256 [0-9a-f]{8}\.\.\.\) in .+model\.safetensors, but found others \([0-9a-f]{8}\.\.\.\)\. Copy the whole folder again, or export it again\.$/,
      );
    });

    it('a record and weights of two exports', async () => {
      const directory = copyOfBundle();
      editRecord(directory, record => Object.assign(record, {classes: ['ants', 'bees']}));
      const path = join(directory, 'model.json');
      expect(await messageFor(directory)).to.equal(
        `${path} is not of one export with the files beside it: found weight fc/kernel of 64 x 3, not 64 x 2. ` +
          'Copy the whole folder again, or export it again.',
      );
      editRecord(directory, record => Object.assign(record, {lastStage: 2}));
      expect(await messageFor(directory)).to.match(/model\.json is not of one export .*: found another stride of layer2\.0\.conv1\./);
    });
  });
});

describe('Bundle', () => {
  useEngine();
  let bundle: Bundle;
  let pictures: string[];

  before('load it, and draw pictures', async () => {
    bundle = await loadBundle(sound);
    const folder = temporaryDirectory();
    pictures = await Promise.all(
      ['red', 'green', 'blue'].map(async background => {
        const path = join(folder, `${background}.png`);
        await sharp({create: {width: 90, height: 73, channels: 3, background}})
          .png()
          .toFile(path);
        return path;
      }),
    );
  });

  after(() => bundle.dispose());

  it('classifies a file, the likeliest class first', async () => {
    const predictions = await bundle.classify(pictures[0]!);
    const red = Uint8Array.from({length: SIZE * SIZE * 3}, (_, i) => (i % 3 === 0 ? 255 : 0));
    const expected = bundle.probabilities(red);
    expect(predictions).to.have.lengthOf(bundle.classNames.length);
    for (const {className, probability} of predictions) {
      expect(probability).to.be.closeTo(expected[bundle.classNames.indexOf(className)]!, 1e-6);
    }
    const shown = predictions.map(({probability}) => probability);
    expect(shown).to.deep.equal(shown.toSorted((a, b) => b - a));
  });

  it('classifies the bytes of a file', async () => {
    const [fromBytes, fromFile] = [await bundle.classify(readFileSync(pictures[1]!)), await bundle.classify(pictures[1]!)];
    expect(fromBytes.map(({className}) => className)).to.deep.equal(fromFile.map(({className}) => className));
    fromBytes.forEach(({probability}, rank) => expect(probability).to.be.closeTo(fromFile[rank]!.probability, 1e-6));
  });

  it('classifies several at once, in their order', async () => {
    const together = await bundle.classify(Array.from({length: 12}, () => pictures).flat());
    expect(together).to.have.lengthOf(36);
    for (const [i, picture] of pictures.entries()) {
      const alone = await bundle.classify(picture);
      for (const predictions of [together[i]!, together[33 + i]!]) {
        expect(predictions.map(({className}) => className)).to.deep.equal(alone.map(({className}) => className));
        predictions.forEach(({probability}, rank) => expect(probability).to.be.closeTo(alone[rank]!.probability, 1e-6));
      }
    }
  });

  it('classifies nothing', async () => {
    expect(await bundle.classify([])).to.deep.equal([]);
  });

  it('tells as many classes as were asked for', async () => {
    const all = await bundle.classify(pictures[0]!);
    expect(await bundle.classify(pictures[0]!, {top: 1})).to.deep.equal(all.slice(0, 1));
    expect(await bundle.classify([pictures[0]!], {top: 10})).to.deep.equal([all]);
  });

  for (const top of [0, -1, 1.5, NaN]) {
    it(`refuses to tell ${top} classes`, async () => {
      const error = await rejectionOf(bundle.classify(pictures[0]!, {top}));
      expect(error).to.include({
        code: 'USAGE',
        exitCode: 2,
        message: `Expected a whole number from 1 up for top, but found ${top}.`,
      });
    });
  }

  it('stops when it is told to', async () => {
    const error = await rejectionOf(bundle.classify(pictures, {signal: AbortSignal.abort()}));
    expect(error).to.have.property('code', 'ABORTED');
  });

  it('names a file that is no image', async () => {
    const path = join(temporaryDirectory(), 'notes.jpg');
    writeFileSync(path, 'these are notes');
    const error = await rejectionOf(bundle.classify([pictures[0]!, path]));
    expect(error).to.be.instanceOf(UnreadableImageError);
    expect(error).to.include({code: 'IMAGE_UNREADABLE', exitCode: 1});
    expect(error.message).to.equal(
      `Expected an image in ${path}, but found none that can be read: its bytes are no image. Give a JPEG, PNG, WebP, GIF, TIFF or AVIF file.`,
    );
  });

  it('names a file that is not there, and a folder', async () => {
    const folder = temporaryDirectory();
    const message = async (path: string): Promise<string> => (await rejectionOf(bundle.classify(path))).message;
    expect(await message(join(folder, 'none.jpg'))).to.equal(
      `Expected an image in ${join(folder, 'none.jpg')}, but found none that can be read: there is no such file. ` +
        'Give a JPEG, PNG, WebP, GIF, TIFF or AVIF file.',
    );
    expect(await message(folder)).to.contain('found none that can be read: it is a folder.');
  });

  it('says how many bytes were no image', async () => {
    expect((await rejectionOf(bundle.classify(new Uint8Array(12)))).message).to.contain('Expected an image in 12 bytes, but');
  });

  it('refuses pixels of half a picture', () => {
    expect(() => bundle.probabilities(new Uint8Array(100))).to.throw(
      'Expected pixels of whole pictures of 64 x 64 x 3 bytes, but found 100 bytes.',
    );
  });
});
