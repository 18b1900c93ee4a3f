import {expect} from 'chai';
import {existsSync, readFileSync} from 'node:fs';
import type {RequestListener} from 'node:http';
import {createRequire} from 'node:module';
import {dirname, extname, join} from 'node:path';
import type {Browser} from 'puppeteer-core';
import {loadBackbone} from '../../src/backbones/load-backbone.js';
import {FITS, TORCHVISION_PREPROCESSING, withFit} from '../../src/core/preprocessing.js';
import {loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import {tf, type Tensor2D, type TensorFlow} from '../../src/backend/tensorflow.js';
import {loadModel} from '../../src/export/load-model.js';
import {readSquare} from '../../src/datasets/images/read-square.js';
import {exportModel} from '../../src/export/export-model.js';
import {attachHead, type Classifier} from '../../src/heads/classifier.js';
import {toInference} from '../../src/heads/inference-model.js';
import {canvasSnippet} from '../../src/report/preprocessing-docs.js';
import {createPhoto} from '../helpers/photos.js';
import {useBrowser} from '../helpers/browser.js';
import {useBackend} from '../helpers/backend.js';
import {serve} from '../helpers/loopback.js';
import {LINEAR, randomClassifier, randomHead, randomPixels} from '../helpers/random-classifier.js';
import {sharedOrSkip} from '../helpers/shared.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const IMAGES = 20;

const require = createRequire(import.meta.url);
const TFJS = join(dirname(require.resolve('@tensorflow/tfjs/package.json')), 'dist');
const WASM = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');

const PAGE = `<!doctype html><title>exported model</title>
<script src="/tfjs/tf.min.js"></script>
<script src="/wasm/tf-backend-wasm.min.js"></script>`;

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A web page with tfjs, an exported model, and images, as a static site would serve them. */
const site =
  (loaded: string, pixels: Uint8Array): RequestListener =>
  ({url = '/'}, response) => {
    const send = (type: string, body: string | Uint8Array): void =>
      void response.writeHead(200, {'content-type': type}).end(body);
    if (url === '/') return send('text/html', PAGE);
    if (url === '/pixels') return send('application/octet-stream', pixels);
    const folder = {tfjs: TFJS, wasm: WASM, model: loaded}[url.split('/')[1]!];
    const path = folder === undefined ? undefined : join(folder, url.split('/')[2]!);
    if (path === undefined || !existsSync(path)) return void response.writeHead(404).end();
    return send(TYPES[extname(path)] ?? 'application/octet-stream', readFileSync(path));
  };

/** Loads the exported model in a page and runs the images through it, a few at a time. */
async function classifyInBrowser(
  browser: Browser,
  loaded: string,
  pixels: Uint8Array,
  size: number,
): Promise<number[]> {
  const {url} = await serve(site(loaded, pixels));
  const page = await browser.newPage();
  await page.goto(url);
  return page.evaluate(async (size: number) => {
    const {tf} = globalThis as unknown as {
      tf: TensorFlow & {wasm: {setWasmPaths(prefix: string): void}};
    };
    tf.wasm.setWasmPaths('/wasm/');
    await tf.setBackend('wasm');
    const model = await tf.loadLayersModel('/model/model.json');
    const pixels = new Uint8Array(await (await fetch('/pixels')).arrayBuffer());
    const images = tf.tensor4d(Float32Array.from(pixels), [
      pixels.length / (size * size * 3),
      size,
      size,
      3,
    ]);
    return [...(model.predict(images, {batchSize: 4}) as Tensor2D).dataSync()];
  }, size);
}

const rows = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({length: values.length / width}, (_, i) =>
    Array.from({length: width}, (_, j) => values[i * width + j]!),
  );

const top1 = (row: readonly number[]): number => row.indexOf(Math.max(...row));

/** Moves the biases until the logits of these images lie around zero: otherwise a random head prefers one class whatever it sees. */
function centerLogits(classifier: Classifier, pixels: Uint8Array, size: number): void {
  const frozen = toInference(classifier);
  const bias = classifier.weights.get('fc.bias')!;
  tf.tidy(() => {
    const logits = frozen.logits(tf.tensor4d(pixels, [IMAGES, size, size, 3], 'int32'));
    bias.assign(tf.sub(bias, tf.mean(logits, 0)));
  });
  frozen.dispose();
}

async function compare(
  browser: Browser,
  classifier: Classifier,
  pixels: Uint8Array,
): Promise<void> {
  const directory = join(temporaryDirectory(), 'model');
  const size = classifier.preprocessing.cropSize;
  centerLogits(classifier, pixels, size);
  await exportModel(classifier, directory);
  classifier.dispose();
  const loaded = await loadModel(directory);
  const here = loaded.probabilities(pixels);
  loaded.dispose();
  const there = await classifyInBrowser(browser, directory, pixels, size);
  const classes = loaded.classNames.length;
  expect(there).to.have.lengthOf(IMAGES * classes);
  expect(rows(there, classes).map(top1)).to.deep.equal(rows(here, classes).map(top1));
  expect(new Set(rows(here, classes).map(top1)))
    .to.have.property('size')
    .greaterThan(1);
  there.forEach((probability, i) => expect(probability).to.be.closeTo(here[i]!, 1e-3));
}

describe('an exported model in a browser', function () {
  this.timeout(180_000);
  useBackend();
  const browser = useBrowser();

  it('gives drawn images the probabilities that Node gives them', async () => {
    await compare(browser(), randomClassifier({size: 64}), randomPixels(IMAGES, 64));
  });

  it('gives photos the probabilities that Node gives them, with real weights', async function () {
    const weights = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
    const photos = await loadImageFolder(sharedOrSkip(this, 'data/hymenoptera'), {
      maxPerClass: IMAGES / 2,
    });
    const backbone = await loadBackbone('resnet50', 2, weights);
    const classifier = attachHead(backbone, LINEAR, ['ants', 'bees', 'neither'], 1);
    randomHead(classifier, 1);
    const paths = photos.samples.map(({path}) => path);
    const images = await Promise.all(paths.map(path => readSquare(path, classifier.preprocessing)));
    await compare(browser(), classifier, Buffer.concat(images));
  });

  for (const fit of FITS) {
    it(`draws images into the square as the command line does, by the model card's code: ${fit}`, async () => {
      const preprocessing = withFit(
        {...TORCHVISION_PREPROCESSING, resizeSize: 128, cropSize: 112},
        fit,
      );
      const image = await createPhoto(1);
      const page = await browser().newPage();
      const there = await page.evaluate(
        async (address: string, code: string, size: number) => {
          const image = new Image();
          image.src = address;
          await image.decode();
          const context = new OffscreenCanvas(size, size).getContext('2d')!;
          context.imageSmoothingQuality = 'high';
          new Function('image', 'context', code)(image, context);
          return [...context.getImageData(0, 0, size, size).data].filter((_, i) => i % 4 !== 3);
        },
        `data:image/png;base64,${image.toString('base64')}`,
        `// ${canvasSnippet(preprocessing)}`,
        preprocessing.cropSize,
      );
      const here = await readSquare(image, preprocessing);
      expect(there).to.have.lengthOf(here.length);
      // Browsers scale in their own way: a misplaced or stretched image differs by tens.
      const mean =
        there.reduce((sum, value, i) => sum + Math.abs(value - here[i]!), 0) / here.length;
      expect(mean).to.be.below(3);
    });
  }
});
