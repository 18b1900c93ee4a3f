import {join} from 'node:path';
import {expect} from 'chai';
import {loadBackbone} from '../../../src/backbones/load-backbone.js';
import {FITS, withFit} from '../../../src/core/preprocessing.js';
import {tf} from '../../../src/backend/tensorflow.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import {readSquare} from '../../../src/datasets/images/read-square.js';
import {exportModel} from '../../../src/export/export-model.js';
import {loadModel} from '../../../src/export/load-model.js';
import {attachHead, type Classifier} from '../../../src/heads/classifier.js';
import {toInference} from '../../../src/heads/inference-model.js';
import {useBackend} from '../../helpers/backend.js';
import {useBrowser} from '../../helpers/browser.js';
import {LINEAR, randomHead} from '../../helpers/random-classifier.js';
import {sharedOrSkip} from '../../helpers/shared.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {openModelPage, stopModelServers, upload, waitUntilReady} from '../../helpers/web-page.js';

/** Chromium and libvips decode a JPEG to colors that differ by a level or two. */
const TOLERANCE = 0.02;

const PER_CLASS = 9;

/** Moves the biases until the logits of these images lie around zero: otherwise a random head prefers one class whatever it sees. */
async function centerLogits(classifier: Classifier, paths: readonly string[]): Promise<void> {
  const network = toInference(classifier);
  const {cropSize} = classifier.preprocessing;
  for (const path of paths) {
    const pixels = await readSquare(path, classifier.preprocessing);
    const bias = classifier.weights.get('fc.bias')!;
    tf.tidy(() => {
      const logits = network.logits(tf.tensor4d(pixels, [1, cropSize, cropSize, 3], 'int32'));
      bias.assign(tf.sub(bias, tf.div(tf.squeeze(logits, [0]), paths.length)));
    });
  }
  network.dispose();
}

describe('the web page with real weights and photos', function () {
  this.timeout(600_000);
  useBackend();
  const browser = useBrowser();
  after(stopModelServers);

  for (const fit of FITS)
    it(`gives the classes and probabilities of Node: ${fit}`, async function () {
      const weights = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
      const folder = sharedOrSkip(this, 'data/hymenoptera');
      const {samples} = await loadImageFolder(folder, {maxPerClass: PER_CLASS});
      const paths = samples.map(({path}) => path);
      const backbone = await loadBackbone('resnet50', 2, weights);
      const attached = attachHead(backbone, LINEAR, ['ants', 'bees', 'neither'], 1);
      randomHead(attached, 1);
      const classifier = {...attached, preprocessing: withFit(attached.preprocessing, fit)};
      await centerLogits(classifier, paths);
      const directory = join(temporaryDirectory(), 'model');
      await exportModel(classifier, directory);
      classifier.dispose();
      const model = await loadModel(directory);
      const here = await model.classify(paths);
      model.dispose();
      const {page, problems} = await openModelPage(browser(), directory);
      await waitUntilReady(page);
      for (const [i, path] of paths.entries()) {
        const bars = await upload(page, path);
        const [[best] = []] = bars;
        const [first, second] = here[i]!;
        if (first.probability - second!.probability > 2 * TOLERANCE)
          expect(best, path).to.equal(first.className);
        for (const {className, probability} of here[i]!)
          expect(bars.get(className), `${path} ${className}`).to.be.closeTo(probability, TOLERANCE);
      }
      expect(new Set(here.map(([{className}]) => className)).size).to.be.above(1);
      expect(problems).to.deep.equal([]);
    });
});
