import {expect} from 'chai';
import {createHash} from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {basename, join} from 'node:path';
import {toHost} from '../../src/backbones/parameters.js';
import {loadBackbone} from '../../src/backbones/load-backbone.js';
import {readSafetensors} from '../../src/backbones/readers/safetensors.js';
import {PACKAGE_VERSION} from '../../src/core/version.js';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {tf} from '../../src/backend/tensorflow.js';
import {OutputExistsError} from '../../src/export/replace-directory.js';
import {loadModel} from '../../src/export/load-model.js';
import {labelsText} from '../../src/export/model-files.js';
import {SHARD_BYTES} from '../../src/export/tfjs/layers-model-files.js';
import {
  exportModel,
  UnverifiedModelError,
  type ExportModelOptions,
  type ExportModelResult,
} from '../../src/export/export-model.js';
import {writeWebPage} from '../../src/export/web/web-page.js';
import {useBackend} from '../helpers/backend.js';
import {
  KERAS_FAMILY,
  randomClassifier,
  randomPixels,
  type ClassifierOptions,
} from '../helpers/random-classifier.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const SMALL: ClassifierOptions = {spec: {lastStage: 1}};

async function save(
  options: ClassifierOptions,
  directory: string,
  details?: ExportModelOptions,
): Promise<ExportModelResult> {
  const classifier = randomClassifier(options);
  try {
    return await exportModel(classifier, directory, details);
  } finally {
    classifier.dispose();
  }
}

/** The low byte of the header's length comes first, and grows with the names. */
async function namesLikeAPickle(): Promise<readonly string[]> {
  for (let length = 1; length < 300; length += 8) {
    const classNames = ['a'.repeat(length), 'b', 'c'];
    const directory = join(temporaryDirectory(), 'model');
    await save({...SMALL, classNames}, directory);
    if (readFileSync(join(directory, 'model.safetensors'))[0] === 0x80) return classNames;
  }
  throw new Error('expected one of 32 lengths to begin with that byte');
}

const readJson = (directory: string, file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(directory, file), 'utf8')) as Record<string, unknown>;

describe('exportModel', () => {
  useBackend();

  describe('writes', () => {
    let directory: string;
    let saved: ExportModelResult;

    before(async () => {
      directory = join(temporaryDirectory(), 'deep', 'model');
      saved = await save({spec: {lastStage: 3, ...KERAS_FAMILY}}, directory, {
        recipe: {seed: 7},
        modelCard: '# Insects\n',
      });
    });

    it('the files of the contract, and no others', () => {
      expect(readdirSync(directory).sort()).to.deep.equal([
        'README.md',
        'finetune.json',
        'group1-shard1of3.bin',
        'group1-shard2of3.bin',
        'group1-shard3of3.bin',
        'labels.txt',
        'metadata.json',
        'model.json',
        'model.safetensors',
        'web',
      ]);
      expect(readdirSync(join(directory, '..'))).to.deep.equal(['model']);
    });

    it('a web page with everything that it loads, and its hashes', () => {
      const web = join(directory, 'web');
      const names = readdirSync(web).sort();
      expect(names).to.deep.equal([
        'LICENSE',
        'index.html',
        'inference.js',
        'page.js',
        'style.css',
        'tf-backend-wasm.min.js',
        'tf-backend-webgpu.min.js',
        'tf.min.js',
        'tfjs-backend-wasm-simd.wasm',
      ]);
      expect(Object.keys(saved.record.web!).sort()).to.deep.equal(names);
      let size = 0;
      for (const [name, {bytes, sha256}] of Object.entries(saved.record.web!)) {
        const contents = readFileSync(join(web, name));
        size += contents.length;
        expect(contents.length, name).to.equal(bytes);
        expect(createHash('sha256').update(contents).digest('hex'), name).to.equal(sha256);
      }
      // docs/export.md says how much it adds.
      expect(size / 1e6).to.be.within(1.9, 2.2);
      expect(readFileSync(join(web, 'tf.min.js'), 'latin1')).to.include('Apache License');
      expect(readFileSync(join(web, 'LICENSE'), 'utf8')).to.match(/^Apache License\s+Version 2\.0/);
    });

    it('a model.json in the format of tfjs, its weights in shards of 4 MiB', () => {
      const {format, generatedBy, convertedBy, weightsManifest} = readJson(directory, 'model.json');
      expect({format, generatedBy, convertedBy}).to.deep.equal({
        format: 'layers-model',
        generatedBy: `TensorFlow.js tfjs-layers v${tf.version['tfjs-layers']}`,
        convertedBy: null,
      });
      const [group] = weightsManifest as [
        {paths: string[]; weights: {name: string; shape: number[]; dtype: string}[]},
      ];
      const sizes = group.paths.map(path => statSync(join(directory, path)).size);
      expect(sizes.slice(0, -1)).to.deep.equal([SHARD_BYTES, SHARD_BYTES]);
      const values = group.weights.reduce(
        (sum, {shape}) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
      expect(sizes.reduce((a, b) => a + b)).to.equal(4 * values);
      const [first, ...others] = group.weights;
      expect(first).to.deep.equal({name: 'conv1/kernel', shape: [7, 7, 3, 64], dtype: 'float32'});
      expect(others).to.deep.include({
        name: 'normalize/kernel',
        shape: [1, 1, 3, 3],
        dtype: 'float32',
      });
    });

    it('a finetune.json that says what it is and how it came about', () => {
      const {
        files,
        web: _web,
        contentHash,
        createdAt,
        ...record
      } = readJson(directory, 'finetune.json');
      expect(record).to.deep.equal({
        schemaVersion: 1,
        createdBy: `finetune ${PACKAGE_VERSION}`,
        arch: 'resnet18',
        lastStage: 3,
        variant: {strideIn1x1: true, batchNormEpsilon: 1.001e-5},
        preprocessing: {
          resizeSize: 73,
          cropSize: 64,
          interpolation: 'bilinear',
          channelOrder: 'bgr',
          scale: 1,
          mean: [103.939, 116.779, 123.68],
          std: [1, 1, 1],
        },
        classes: ['ants', 'bees', 'wasps'],
        head: {type: 'linear', pooling: 'avg', dropout: 0},
        weights: {origin: 'random numbers'},
        recipe: {seed: 7},
      });
      expect(new Date(createdAt as string).toISOString()).to.equal(createdAt);
      expect(Object.keys(files as object)).to.deep.equal([
        'model.json',
        'group1-shard1of3.bin',
        'group1-shard2of3.bin',
        'group1-shard3of3.bin',
        'model.safetensors',
      ]);
      expect(contentHash).to.equal(saved.record.contentHash);
    });

    it('hashes that anybody can check', () => {
      const sha256 = (bytes: Buffer | string): string =>
        createHash('sha256').update(bytes).digest('hex');
      const hashes = Object.entries(saved.record.files).map(([name, {bytes, sha256: expected}]) => {
        const contents = readFileSync(join(directory, name));
        expect({name, bytes: contents.length, sha256: sha256(contents)}).to.deep.equal({
          name,
          bytes,
          sha256: expected,
        });
        return expected;
      });
      expect(saved.record.contentHash).to.equal(
        sha256(
          hashes
            .slice(0, -1)
            .map(hash => `${hash}\n`)
            .join(''),
        ),
      );
    });

    it("a metadata.json that tells how to feed the model, and that tells Teachable Machine's and ml5's loaders why they are wrong", () => {
      const {note, labels, ...metadata} = readJson(directory, 'metadata.json');
      expect(note).to.match(
        /^Not a Teachable Machine model: .*-1\.\.1, and this one takes 0\.\.255\.$/,
      );
      expect(metadata).to.deep.equal({
        arch: 'resnet18',
        classNames: ['ants', 'bees', 'wasps'],
        inputSize: 64,
        createdBy: `finetune ${PACKAGE_VERSION}`,
        createdAt: saved.record.createdAt,
        resize: {shortSide: 73, interpolation: 'bilinear', antialias: true},
        crop: {size: 64, position: 'center'},
        pixels: {order: 'RGB', range: [0, 255]},
        activationMap: {features: 'layer3.1.relu', pooling: 'avg', head: ['fc']},
        unsureBelow: 0.5,
      });
      // Both show labels[i] for the i-th output, whatever it says: `className: labels[i]` in @teachablemachine/image 0.8.5
      // (dist/custom-mobilenet.js), and `mapStringToIndex[i]` in ml5 0.12.2 and 1.4.0 (src/ImageClassifier), which is `labels` of
      // the metadata.json next to model.json if it is there and not empty.
      expect(labels).to.have.length(3);
      for (const label of labels as readonly string[])
        expect(label).to.match(/^Not for Teachable Machine or ml5: .* -1\.\.1, .* 0\.\.255/);
      const theirs = ['modelName', 'imageSize', 'grayscale', 'tfjsVersion', 'tmVersion'];
      expect(metadata).to.not.have.any.keys(...theirs, 'packageName', 'userMetadata');
    });

    it('labels.txt and the model card', () => {
      expect(readFileSync(join(directory, 'labels.txt'), 'utf8')).to.equal('ants\nbees\nwasps\n');
      expect(readFileSync(join(directory, 'README.md'), 'utf8')).to.equal('# Insects\n');
    });

    it("a model.safetensors with torchvision's names and layout, and what must be known to run it", async () => {
      const {tensors, metadata} = await readSafetensors(join(directory, 'model.safetensors'));
      const classifier = randomClassifier({spec: {lastStage: 3, ...KERAS_FAMILY}});
      const trained = toHost(classifier.weights);
      classifier.dispose();
      expect([...tensors.keys()]).to.deep.equal([...trained.keys()]);
      for (const [name, {shape, data}] of tensors)
        expect({name, shape, data}).to.deep.equal({name, ...trained.get(name)});
      expect(tensors.get('fc.weight')!.shape).to.deep.equal([3, 256]);
      expect(metadata).to.deep.equal({
        format: 'pt',
        arch: 'resnet18',
        stages: '3',
        stride_on: '1x1',
        batch_norm_epsilon: '0.00001001',
        preprocessing: JSON.stringify(saved.record.preprocessing),
        head: '{"type":"linear","pooling":"avg","dropout":0}',
        classes: '["ants","bees","wasps"]',
        origin: 'random numbers',
      });
    });

    it('weights that can be trained on from', async () => {
      const backbone = await loadBackbone('resnet18', 3, join(directory, 'model.safetensors'));
      expect(backbone.spec).to.deep.equal({
        arch: 'resnet18',
        lastStage: 3,
        strideIn1x1: true,
        batchNormEpsilon: 1.001e-5,
      });
      expect(backbone.preprocessing).to.deep.equal(saved.record.preprocessing);
      for (const weight of backbone.weights.values()) weight.dispose();
    });

    it('nothing before it was loaded back and found to compute the same', () => {
      expect(saved.directory).to.equal(directory);
      expect(saved.verification.numImages).to.equal(2);
      expect(saved.verification.maxDifference).to.be.greaterThan(0).and.lessThan(1e-5);
    });
  });

  it('verifies the exported model on the images it is given', async () => {
    async function* batches(): AsyncGenerator<Uint8Array> {
      yield randomPixels(3, 64, 1);
      yield randomPixels(2, 64, 2);
    }
    const {verification: proof} = await save(SMALL, join(temporaryDirectory(), 'model'), {
      verificationImages: batches(),
    });
    expect(proof.numImages).to.equal(5);
  });

  it('writes the same model for the same weights', async () => {
    const directory = temporaryDirectory();
    const first = await save(SMALL, join(directory, 'first'));
    const second = await save(SMALL, join(directory, 'second'));
    const other = await save({...SMALL, seed: 2}, join(directory, 'other'));
    expect(second.record.files).to.deep.equal(first.record.files);
    expect(second.record.contentHash)
      .to.equal(first.record.contentHash)
      .and.not.equal(other.record.contentHash);
  });

  it('does not tell where on the disk the weights lay', async () => {
    const directory = join(temporaryDirectory(), 'model');
    const classifier = {
      ...randomClassifier(SMALL),
      origin: '/home/ann/secret/resnet18.safetensors',
    };
    const {record} = await exportModel(classifier, directory);
    classifier.dispose();
    expect(record.weights).to.deep.equal({origin: 'resnet18.safetensors'});
    for (const file of readdirSync(directory).filter(name => name !== 'web'))
      expect(readFileSync(join(directory, file)).includes('secret'), file).to.equal(false);
  });

  it('describes the exported model itself where there is no model card', async () => {
    const directory = join(temporaryDirectory(), 'model');
    await save(SMALL, directory);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).to.match(
      /^# Image classifier\n\nA resnet18, fine-tuned to tell 3 classes apart \(`labels\.txt`\)\./,
    );
  });

  it('replaces an older exported model', async () => {
    const directory = join(temporaryDirectory(), 'model');
    await save({spec: {lastStage: 3}}, directory);
    await save(SMALL, directory);
    expect(readdirSync(directory).filter(name => name.endsWith('.bin'))).to.deep.equal([
      'group1-shard1of1.bin',
    ]);
    expect(readdirSync(join(directory, '..'))).to.deep.equal([basename(directory)]);
  });

  it('refuses to replace what somebody has put into an exported model', async () => {
    const directory = join(temporaryDirectory(), 'model');
    await save(SMALL, directory);
    writeFileSync(join(directory, 'index.html'), '<p>mine');
    const error = await rejectionOf(save(SMALL, directory));
    expect(error).to.be.instanceOf(OutputExistsError);
    expect(error.message).to.equal(
      `${directory} is not an exported model that may be replaced: found index.html. Move it away, or give another directory.`,
    );
    expect(readFileSync(join(directory, 'index.html'), 'utf8')).to.equal('<p>mine');
  });

  it('refuses to replace what somebody has put next to its web page', async () => {
    const directory = join(temporaryDirectory(), 'model');
    await save(SMALL, directory);
    writeFileSync(join(directory, 'web', 'photo.jpg'), 'mine');
    const error = await rejectionOf(save(SMALL, directory));
    expect(error).to.be.instanceOf(OutputExistsError);
    expect(error.message).to.include('found photo.jpg');
  });

  it('replaces a model with the web page of another version, by the names in its record', async () => {
    const directory = join(temporaryDirectory(), 'model');
    await save(SMALL, directory);
    const path = join(directory, 'finetune.json');
    const record = JSON.parse(readFileSync(path, 'utf8')) as {web: Record<string, object>};
    const {'page.js': page, ...others} = record.web;
    renameSync(join(directory, 'web/page.js'), join(directory, 'web/older-page.js'));
    writeFileSync(path, JSON.stringify({...record, web: {...others, 'older-page.js': page}}));
    await save(SMALL, directory);
    expect(readdirSync(join(directory, 'web')))
      .to.include('page.js')
      .and.not.include('older-page.js');
    // A file of this version that another one does not list is the user's.
    writeFileSync(path, JSON.stringify({...record, web: others}));
    const error = await rejectionOf(save(SMALL, directory));
    expect(error).to.be.instanceOf(OutputExistsError);
    expect(error.message).to.include('found page.js');
    writeFileSync(path, 'no JSON');
    await save(SMALL, directory);
  });

  it('is not verified if a file of its web page is not the one that it lists', async () => {
    const directory = join(temporaryDirectory(), 'model');
    const onWritten = (written: string): void =>
      writeFileSync(join(written, 'web', 'page.js'), 'other();');
    const error = await rejectionOf(save(SMALL, directory, {onWritten}));
    expect(error).to.be.instanceOf(UnverifiedModelError);
    expect(error.message).to.match(/page\.js has \d+ bytes instead of \d+/);
  });

  it('says what to do where the page of this package is not built', async () => {
    const path = join(temporaryDirectory(), 'page.js');
    const error = await rejectionOf(writeWebPage(temporaryDirectory(), {'page.js': path}));
    expect(error.message).to.equal(
      `The web page cannot be written: ${path} does not exist. In a clone, run npm run build; elsewhere, install the package again.`,
    );
  });

  it('loads without its web page', async () => {
    const directory = join(temporaryDirectory(), 'model');
    await save(SMALL, directory);
    rmSync(join(directory, 'web'), {recursive: true});
    (await loadModel(directory)).dispose();
  });

  it('refuses a directory that is no exported model', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'README.md'), '# My project\n');
    expect((await rejectionOf(save(SMALL, directory))).message).to.equal(
      `${directory} is not an exported model that may be replaced: found README.md. Move it away, or give another directory.`,
    );
  });

  it('refuses a file', async () => {
    const file = join(temporaryDirectory(), 'model');
    writeFileSync(file, '');
    expect((await rejectionOf(save(SMALL, file))).message).to.equal(
      `${file} is not an exported model that may be replaced: found a file. Move it away, or give another directory.`,
    );
  });

  it('takes an empty directory', async () => {
    const directory = join(temporaryDirectory(), 'model');
    mkdirSync(directory);
    await save(SMALL, directory);
    expect(readdirSync(directory)).to.include('model.json');
  });

  it('keeps what could not be verified under a name that says so, and an older exported model as it was', async () => {
    const directory = join(temporaryDirectory(), 'model');
    const {record} = await save(SMALL, directory);
    const unverified = `${directory}.unverified`;
    const damage = (written: string): void => {
      expect(written).to.equal(unverified);
      const shard = join(written, 'group1-shard1of1.bin');
      const bytes = readFileSync(shard);
      bytes.fill(0, 0, 4096);
      writeFileSync(shard, bytes);
    };
    const error = await rejectionOf(save({...SMALL, seed: 2}, directory, {onWritten: damage}));
    expect(error).to.include({code: 'MODEL_UNVERIFIED', exitCode: 1, unverified});
    expect(error.message).to.match(
      /^The exported model was not verified, and is kept as .*model\.unverified: .* has changed since the export /,
    );
    expect(readdirSync(join(directory, '..'))).to.deep.equal(['model', 'model.unverified']);
    expect(readdirSync(unverified)).to.deep.equal(readdirSync(directory));
    expect(readJson(directory, 'finetune.json').createdAt).to.equal(record.createdAt);
    await save(SMALL, directory);
    expect(readdirSync(join(directory, '..'))).to.deep.equal(['model']);
  });

  it('counts what fails while it is verified as not verified, but for an abort', async () => {
    const directory = join(temporaryDirectory(), 'model');
    const images = {
      [Symbol.iterator]() {
        throw new Error('no images after all');
      },
    };
    expect(
      (await rejectionOf(save(SMALL, directory, {verificationImages: images}))).message,
    ).to.match(/model\.unverified: no images after all$/);
    const signal = AbortSignal.abort();
    expect(
      (await rejectionOf(save(SMALL, directory, {verificationImages: images, signal}))).message,
    ).to.equal('no images after all');
  });

  it('puts an older exported model back that a kill has left between two names', async () => {
    const directory = join(temporaryDirectory(), 'model');
    const {record} = await save(SMALL, directory);
    renameSync(directory, join(directory, '..', '.model.replaced'));
    writeFileSync(directory + '.unverified', '');
    expect((await rejectionOf(save(SMALL, directory))).message).to.match(
      /found a file\. Move it away/,
    );
    expect(readJson(directory, 'finetune.json').createdAt).to.equal(record.createdAt);
    expect(readdirSync(join(directory, '..'))).to.deep.equal(['model', 'model.unverified']);
  });

  const pets = [
    'Abyssinian',
    'Bengal',
    'Birman',
    'Bombay',
    'British_Shorthair',
    'Egyptian_Mau',
    'Maine_Coon',
    'Persian',
    'Ragdoll',
  ];
  const lists: Readonly<Record<string, () => Promise<readonly string[]>>> = {
    'of rubbish': async () => ['cardboard', 'glass', 'metal', 'paper', 'plastic', 'trash'],
    'of nine cats': async () => pets,
    'that give model.safetensors the first byte of a pickle': namesLikeAPickle,
  };
  for (const [which, listed] of Object.entries(lists)) {
    it(`exports classes ${which}`, async () => {
      const classNames = await listed();
      const {record} = await save({...SMALL, classNames}, join(temporaryDirectory(), 'model'));
      expect(record.classes).to.deep.equal(classNames);
    });
  }

  it('frees all that it makes, whether it works or not', async () => {
    const held = (): unknown => ({tensors: tf.memory().numTensors, handles: countNativeHandles()});
    const directory = join(temporaryDirectory(), 'model');
    const classifier = randomClassifier(SMALL);
    await exportModel(classifier, directory); // weights reach the device when they are first used
    const before = held();
    await exportModel(classifier, directory, {verificationImages: [randomPixels(1, 64)]});
    expect(held()).to.deep.equal(before);
    await rejectionOf(
      exportModel(classifier, directory, {verificationImages: [new Uint8Array(5)]}),
    );
    expect(held()).to.deep.equal(before);
    classifier.dispose();
  });
});

describe('labelsText', () => {
  it('has one label a line, in the order of the labels', () => {
    expect(labelsText(['b', 'a', ' c '])).to.equal('b\na\n c \n');
  });

  it('makes a space of line breaks in a name, so that the number of a line stays the label', () => {
    expect(labelsText(['two\nlines', 'and\r\nmore', 'of\u2028them'])).to.equal(
      'two lines\nand more\nof them\n',
    );
  });
});
