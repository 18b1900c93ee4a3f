import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import sharp from 'sharp';
import {features} from '../../../src/backbones/features.js';
import {UnknownTapError} from '../../../src/backbones/taps.js';
import {tf} from '../../../src/backend/tensorflow.js';
import {exportModel} from '../../../src/export/export-model.js';
import type {FeatureExtractor} from '../../../src/export/features/feature-extractor.js';
import {loadFeatureExtractor} from '../../../src/export/features/load-feature-extractor.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {useBackend} from '../../helpers/backend.js';
import {randomClassifier, randomPixels} from '../../helpers/random-classifier.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const SIZE = 32;

describe('a feature extractor', () => {
  useBackend();

  let [place, images]: [string, string[]] = ['', []];
  let classifier: Classifier;
  let extractor: FeatureExtractor;
  before(async () => {
    const folder = temporaryDirectory();
    classifier = randomClassifier({spec: {lastStage: 2}, size: SIZE});
    // Squares of the size that crops of this size are cut from: nothing is resized.
    const {resizeSize} = classifier.preprocessing;
    images = [1, 2, 3].map(seed => join(folder, `${seed}.png`));
    for (const [i, path] of images.entries()) {
      const raw = {width: resizeSize, height: resizeSize, channels: 3} as const;
      await sharp(randomPixels(1, resizeSize, i), {raw})
        .png()
        .toFile(path);
    }
    place = join(folder, 'model');
    await exportModel(classifier, place);
    extractor = await loadFeatureExtractor(place);
  });
  after(() => {
    extractor.dispose();
    classifier.dispose();
  });

  /** Pixels of the center crop. */
  const cropped = async (path: string): Promise<Buffer> => {
    const left = Math.floor((classifier.preprocessing.resizeSize - SIZE) / 2);
    const region = {left, top: left, width: SIZE, height: SIZE};
    return sharp(path).extract(region).raw().toBuffer();
  };

  it('returns the maps of each image, as the classifier computes them', async () => {
    const found = await extractor.features(images, ['c3', 'c2']);
    expect(found).to.have.lengthOf(3);
    for (const [i, maps] of found.entries()) {
      expect(maps.c2.shape).to.deep.equal([8, 8, 64]);
      expect(maps.c3.shape).to.deep.equal([4, 4, 128]);
      const pixels = tf.tensor4d(await cropped(images[i]!), [1, SIZE, SIZE, 3], 'int32');
      const expected = features(classifier, pixels, ['c2', 'c3']);
      for (const name of ['c2', 'c3'] as const) {
        const values = expected[name].dataSync();
        const worst = Math.max(...maps[name].data.map((value, j) => Math.abs(value - values[j]!)));
        expect(Math.max(...values)).to.be.greaterThan(0.1);
        expect(worst).to.be.below(1e-4);
        expect(maps[name].data).to.have.lengthOf(values.length);
      }
      tf.dispose([pixels, expected]);
    }
    expect(await extractor.features(images[1]!, ['c2', 'c3'])).to.deep.equal(found[1]);
    expect(await extractor.features([], ['c2'])).to.deep.equal([]);
  });

  it('names its maps, and says what it was trained on', () => {
    expect(extractor.names).to.deep.equal(['c2', 'c3']);
    expect(extractor.spec).to.deep.equal(classifier.spec);
    expect(extractor.preprocessing).to.deep.equal(classifier.preprocessing);
  });

  it('refuses other maps and other images, before it computes', async () => {
    const error = await rejectionOf(extractor.features(images, ['c2', 'c5']));
    expect(error).to.be.instanceOf(UnknownTapError);
    expect(error.message).to.contain('has no feature map c5. Give some of c2, c3.');
    expect((await rejectionOf(extractor.features(images, []))).message).to.contain(
      'No feature map',
    );
    for (const names of [undefined, 'c2', [2]])
      expect(await rejectionOf(extractor.features(images, names as never))).to.include({
        code: 'INVALID_ARGUMENT',
      });
    const wrong = await rejectionOf(extractor.features([images[0]!, 5 as never], ['c2']));
    expect(wrong.message).to.contain('images[1] of features() is the number 5');
    expect(await rejectionOf(extractor.features(images, ['c2'], {top: 1} as never))).to.include({
      code: 'INVALID_ARGUMENT',
    });
    const broken = join(temporaryDirectory(), 'broken.png');
    writeFileSync(broken, 'no image');
    expect(await rejectionOf(extractor.features(broken, ['c2']))).to.include({
      code: 'IMAGE_UNREADABLE',
    });
    const signal = AbortSignal.abort();
    expect(await rejectionOf(extractor.features(images, ['c2'], {signal}))).to.include({
      code: 'ABORTED',
    });
  });

  it('frees what it makes, and fails once it is disposed', async () => {
    const before = alive();
    const other = await loadFeatureExtractor(pathToFileURL(place));
    await other.features(images, ['c2']);
    const pending = rejectionOf(other.features(images, ['c2']));
    other.dispose();
    other.dispose();
    const later = rejectionOf(other.features(images, ['c2']));
    for (const error of [await pending, await later])
      expect(error).to.include({code: 'MODEL_DISPOSED'});
    expect(alive()).to.deep.equal(before);
  });

  it('is loaded from an exported model and nothing else', async () => {
    expect(await rejectionOf(loadFeatureExtractor(temporaryDirectory()))).to.include({
      code: 'INVALID_MODEL',
    });
    for (const location of [undefined, 5, '', 'a\0b'])
      expect(await rejectionOf(loadFeatureExtractor(location as never))).to.include({
        code: 'INVALID_ARGUMENT',
      });
    expect(await rejectionOf(loadFeatureExtractor(place, 5 as never))).to.include({
      code: 'INVALID_ARGUMENT',
    });
    const signal = AbortSignal.abort();
    expect(await rejectionOf(loadFeatureExtractor(place, {signal}))).to.include({code: 'ABORTED'});
  });
});
