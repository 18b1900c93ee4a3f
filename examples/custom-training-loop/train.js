// A training loop of your own, from the parts that `finetune/backbones`, `finetune/datasets` and `finetune/training` export.
//
//   node train.js ./pets ./model
//
// It trains the last stage and the head with Lion. `trainStep` is one update; everything around it is yours to change.
import {parseArgs} from 'node:util';
import {exportModel, startBackend} from 'finetune';
import {createRandomBackbone, loadBackbone, locateWeights} from 'finetune/backbones';
import {
  AUGMENTATIONS,
  createRng,
  everySample,
  loadImageFolder,
  openImageCache,
  shuffle,
  planSplit,
  withImageSize,
} from 'finetune/datasets';
import {
  attachHead,
  createOptimizer,
  createPhaseModel,
  evaluateBatches,
  imageBatchSource,
  tf,
  trainStep,
  warmupThenCosine,
} from 'finetune/training';

const SEED = 42;
const BATCH_SIZE = 16;
/** Layer groups with a learning rate are trained; null freezes a group, batch-norm statistics included. */
const FROZEN = {stem: null, stage1: null, stage2: null, stage3: null, stage4: null, head: null};

const {positionals, values} = parseArgs({
  allowPositionals: true,
  options: {
    arch: {type: 'string', default: 'resnet18'},
    weights: {type: 'string', default: 'auto'},
    'last-stage': {type: 'string', default: '4'},
    'image-size': {type: 'string', default: '224'},
    epochs: {type: 'string', default: '5'},
    lr: {type: 'string', default: '1e-4'},
    cache: {type: 'string', default: '.cache'},
  },
});
const [data = './pets', out = './model'] = positionals;
const {arch, weights} = values;
const lastStage = Number(values['last-stage']);
const epochs = Number(values.epochs);
const lr = Number(values.lr);
const learningRates = {...FROZEN, [`stage${lastStage}`]: lr / 10, head: lr};

async function openBackbone() {
  if (weights === 'none') return createRandomBackbone(arch, lastStage, SEED);
  const {path, pretrained} = await locateWeights(weights, arch);
  return loadBackbone(arch, lastStage, path, pretrained);
}

await startBackend({install: true});
const backbone = await openBackbone();
const preprocessing = withImageSize(backbone.preprocessing, Number(values['image-size']));
const size = preprocessing.cropSize;

// Images: listed, decoded once, split.
const folder = await loadImageFolder(data);
const cache = await openImageCache(everySample(folder), preprocessing, {
  classNames: folder.classNames,
  memoryLimitBytes: 2 ** 30,
  directory: values.cache,
});
const {train, validation} = planSplit(folder, cache, {valSplit: 0.25, seed: SEED});
const batchesOf = samples =>
  imageBatchSource({cache, samples, size, augmentation: AUGMENTATIONS.light, seed: SEED});
const trainBatches = batchesOf(train);
const validationBatches = batchesOf(validation);

// The network: a backbone, a head, and which of their groups are trained.
const head = {type: 'linear', pooling: 'avg', dropout: 0};
const classifier = attachHead({...backbone, preprocessing}, head, folder.classNames, SEED);
const model = createPhaseModel(classifier, {learningRates, batchNorm: 'inference'});
const optimizer = createOptimizer({type: 'lion', weightDecay: 0.1}, model.trainable);
const stepsPerEpoch = Math.ceil(trainBatches.count / BATCH_SIZE);
const schedule = warmupThenCosine(stepsPerEpoch, epochs * stepsPerEpoch);

/** One update. @returns the loss of the batch before it */
function update({x, labels}, step) {
  return tf.tidy(() => {
    const scaled = group => tf.scalar(learningRates[group] * schedule(step));
    const trained = Object.keys(learningRates).filter(group => learningRates[group] !== null);
    const loss = trainStep(
      model,
      optimizer,
      {labelSmoothing: 0.1, clipNorm: 1, bnMomentum: 0.1},
      {
        x,
        labels: tf.tensor1d(labels, 'int32'),
        sampleWeights: tf.ones([labels.length]),
        learningRates: Object.fromEntries(trained.map(group => [group, scaled(group)])),
        dropoutSeed: tf.tensor1d([SEED, step], 'int32'),
      },
    );
    return loss.dataSync()[0];
  });
}

let step = 0;
for (let epoch = 1; epoch <= epochs; epoch++) {
  const order = shuffle([...train.keys()], createRng(SEED, 'order', epoch));
  let lossSum = 0;
  for await (const batch of trainBatches.batches(order, BATCH_SIZE, epoch)) {
    lossSum += update(batch, step++) * batch.labels.length;
    batch.x.dispose();
  }
  const {accuracy} = await evaluateBatches(model, validationBatches);
  console.log(`epoch ${epoch}: loss ${(lossSum / train.length).toFixed(3)}, accuracy ${accuracy}`);
}

const {directory} = await exportModel(classifier, out);
console.log(`exported ${directory}`);
optimizer.dispose();
model.dispose();
classifier.dispose();
await cache.close();
