// Classifies with plain TensorFlow.js in Node, without a package of finetune. TensorFlow.js has no handler for files outside browsers, so
// the model is read here and given by `tf.io.fromMemory`.
//
//   npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm sharp
//   node classify.js ./model cat.jpg dog.jpg
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join, sep} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import sharp from 'sharp';

const [directory = './model', ...images] = process.argv.slice(2);

// WebAssembly is many times faster than the backend in JavaScript.
const {resolve} = createRequire(import.meta.url);
setWasmPaths(dirname(resolve('@tensorflow/tfjs-backend-wasm')) + sep);
await tf.setBackend('wasm');

const readJson = async name => JSON.parse(await readFile(join(directory, name), 'utf8'));
const {modelTopology, weightsManifest} = await readJson('model.json');
const shards = weightsManifest.flatMap(({paths}) => paths);
const weightData = Buffer.concat(
  await Promise.all(shards.map(name => readFile(join(directory, name)))),
);
const model = await tf.loadLayersModel(
  tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({weights}) => weights),
    weightData: weightData.buffer.slice(
      weightData.byteOffset,
      weightData.byteOffset + weightData.byteLength,
    ),
  }),
);
const labels = (await readFile(join(directory, 'labels.txt'), 'utf8')).trimEnd().split('\n');
const {
  preprocessing: {resizeSize, cropSize},
} = await readJson('finetune.json');

/** RGB 0..255, `[1, cropSize, cropSize, 3]`: the short side is resized, the middle cropped (`--fit crop`). */
async function toInput(path) {
  const {width, height} = (await sharp(path).metadata()).autoOrient;
  const scale = resizeSize / Math.min(width, height);
  const [scaledWidth, scaledHeight] = [Math.round(width * scale), Math.round(height * scale)];
  const pixels = await sharp(path)
    .autoOrient()
    .flatten({background: 'white'})
    .toColourspace('srgb')
    .resize(scaledWidth, scaledHeight, {fit: 'fill', kernel: 'linear'})
    .extract({
      left: Math.round((scaledWidth - cropSize) / 2),
      top: Math.round((scaledHeight - cropSize) / 2),
      width: cropSize,
      height: cropSize,
    })
    .raw()
    .toBuffer();
  return tf.tensor4d(new Float32Array(pixels), [1, cropSize, cropSize, 3]);
}

for (const path of images) {
  const input = await toInput(path);
  const output = model.predict(input);
  const probabilities = await output.data();
  tf.dispose([input, output]);
  const best = probabilities.indexOf(Math.max(...probabilities));
  console.log(`${path}: ${labels[best]} ${probabilities[best].toFixed(3)}`);
}
model.dispose();
