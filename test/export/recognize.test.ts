import {expect} from 'chai';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import sharp from 'sharp';
import {tf} from '../../src/backend/tensorflow.js';
import {exportModel} from '../../src/export/export-model.js';
import {InvalidModelError} from '../../src/export/record/invalid-model-error.js';
import {loadModel} from '../../src/export/load-model.js';
import {NoOpenSetError} from '../../src/finetune/evaluation/evaluate-unknown.js';
import {evaluate} from '../../src/finetune/evaluate.js';
import {lastLayerOf} from '../../src/heads/classifier.js';
import {toInference} from '../../src/heads/inference-model.js';
import {loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import {fitOpenSet, OpenSetScorer, type OpenSet} from '../../src/training/open-set/open-set.js';
import {toOpenSetRecord} from '../../src/training/open-set/open-set-record.js';
import {useBackend} from '../helpers/backend.js';
import {randomClassifier, randomPixels} from '../helpers/random-classifier.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const [SIZE, IMAGES] = [64, 24];

const noise = (seed: number): Promise<Buffer> =>
  sharp(randomPixels(1, SIZE, seed), {raw: {width: SIZE, height: SIZE, channels: 3}})
    .png()
    .toBuffer();
const white = (): Promise<Buffer> =>
  sharp({create: {width: SIZE, height: SIZE, channels: 3, background: '#fff'}})
    .png()
    .toBuffer();

describe('recognize', () => {
  useBackend();

  for (const head of ['linear', 'mlp'] as const) {
    describe(`with a head of type ${head}`, () => {
      let directory: string;
      let blind: string;
      let expected: Float64Array;

      before('export a model that knows noise', async () => {
        const classifier = randomClassifier({
          spec: {lastStage: 1},
          size: SIZE,
          head: {type: head, pooling: 'avg', dropout: 0},
        });
        const network = toInference(classifier);
        const images = randomPixels(IMAGES, SIZE);
        const scored = tf.tidy(() => {
          const {features, logits} = network.outputs(
            tf.tensor4d(images, [IMAGES, SIZE, SIZE, 3], 'int32'),
          );
          return {
            features: features.dataSync<'float32'>().slice(),
            probabilities: tf.softmax(logits).dataSync<'float32'>().slice(),
          };
        });
        const openSet: OpenSet = fitOpenSet(scored, lastLayerOf(classifier))!;
        expected = new OpenSetScorer(openSet, lastLayerOf(classifier)).score(scored);
        directory = join(temporaryDirectory(), 'model');
        blind = join(temporaryDirectory(), 'model');
        await exportModel(classifier, directory, {openSet: toOpenSetRecord(openSet)});
        await exportModel(classifier, blind);
        network.dispose();
        classifier.dispose();
      });

      it('scores images as the classifier does', async () => {
        const model = await loadModel(directory);
        const direct = model.members[0].score(randomPixels(IMAGES, SIZE)).known!;
        direct.forEach((score, i) => expect(score).to.be.closeTo(expected[i]!, 1e-3));
        model.dispose();
      });

      it('calls what is like nothing it was validated on unknown, and still guesses', async () => {
        const model = await loadModel(directory);
        const [known, other] = await model.recognize([await noise(77), await white()]);
        expect(other).to.include({isUnknown: true});
        expect(other!.knownScore).to.be.below(known!.knownScore!);
        expect(other!.predictions).to.have.length(3);
        const one = await model.recognize(await white(), {top: 1});
        expect(one.predictions).to.have.length(1);
        expect(one.knownScore).to.be.closeTo(other!.knownScore!, 1e-6);
        model.dispose();
      });

      it('says that it cannot tell where the export has nothing to tell by', async () => {
        const model = await loadModel(blind);
        expect(await model.recognize(await white())).to.include({
          isUnknown: null,
          knownScore: null,
        });
        model.dispose();
      });
    });
  }

  describe('evaluated on images of none of the classes', () => {
    const folders = async () => {
      const root = temporaryDirectory();
      const write = async (path: string, image: Promise<Buffer>): Promise<string> => {
        writeFileSync(join(root, path), await image);
        return join(root, path);
      };
      for (const folder of ['known/ants', 'known/bees', 'none'])
        mkdirSync(join(root, folder), {recursive: true});
      for (let i = 0; i < 6; i++)
        await write(`known/${i % 2 === 0 ? 'ants' : 'bees'}/${i}.png`, noise(i + 10));
      const unknown = [await write('none/white.png', white())];
      writeFileSync(join(root, 'none/broken.png'), 'no image');
      return {
        folder: await loadImageFolder(join(root, 'known')),
        unknown: [...unknown, join(root, 'none/broken.png')],
        broken: [join(root, 'none/broken.png')],
      };
    };

    const openSetOf = (width: number): OpenSet => ({
      mean: new Float32Array(width),
      precision: new Float32Array(width).fill(1),
      margin: [0, 1],
      distance: [0, 1],
      threshold: 0,
    });

    it('is told by AUROC, next to that of the highest probability, without the unreadable ones', async () => {
      const classifier = randomClassifier({spec: {lastStage: 1}, size: SIZE});
      const directory = join(temporaryDirectory(), 'model');
      const width = classifier.layers[0]!.inputs;
      await exportModel(classifier, directory, {openSet: toOpenSetRecord(openSetOf(width))});
      classifier.dispose();
      const model = await loadModel(directory);
      const {folder, unknown, broken} = await folders();
      const evaluation = await evaluate(model, folder, {unknown});
      expect(evaluation.unknown).to.have.all.keys(
        'images',
        'score',
        'maxProbability',
        'keptKnown',
        'rejectedUnknown',
      );
      expect(evaluation.unknown!.images).to.equal(1);
      expect(evaluation.unknown!.score.auroc).to.be.within(0, 1);
      expect(evaluation.findings.map(({code}) => code)).to.include('unreadable-image');
      expect((await rejectionOf(evaluate(model, folder, {unknown: broken}))).message).to.match(
        /None of the 1 unknown images is readable/,
      );
      expect((await rejectionOf(evaluate(model, folder, {unknown: []}))).message).to.match(
        /a list of paths/,
      );
      model.dispose();
    });

    it('is refused where the model cannot tell', async () => {
      const classifier = randomClassifier({spec: {lastStage: 1}, size: SIZE});
      const directory = join(temporaryDirectory(), 'model');
      await exportModel(classifier, directory);
      classifier.dispose();
      const model = await loadModel(directory);
      const {folder, unknown} = await folders();
      const events: string[] = [];
      const onEvent = ({type}: {readonly type: string}): unknown => events.push(type);
      expect(await rejectionOf(evaluate(model, folder, {unknown, onEvent}))).to.be.instanceOf(
        NoOpenSetError,
      );
      expect(events, 'no image is read before').to.not.include('progress');
      model.dispose();
    });

    it('refuses an open set of another width', async () => {
      const classifier = randomClassifier({spec: {lastStage: 1}, size: SIZE});
      const directory = join(temporaryDirectory(), 'model');
      await exportModel(classifier, directory);
      classifier.dispose();
      const path = join(directory, 'finetune.json');
      const record = JSON.parse(readFileSync(path, 'utf8')) as object;
      writeFileSync(path, JSON.stringify({...record, openSet: toOpenSetRecord(openSetOf(7))}));
      const error = await rejectionOf(loadModel(directory));
      expect(error).to.be.instanceOf(InvalidModelError);
      expect(error.message).to.match(/an open set that is not of 64 features/);
    });
  });
});
