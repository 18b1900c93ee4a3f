import {expect} from 'chai';
import {toHost} from '../../../src/backbones/parameters.js';
import {getLayerGroup, type LayerGroup} from '../../../src/backbones/layer-groups.js';
import {tf} from '../../../src/backend/tensorflow.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {BestCheckpoint} from '../../../src/training/loop/best-checkpoint.js';
import type {Metrics} from '../../../src/training/metrics/metrics.js';
import {useBackend} from '../../helpers/backend.js';
import {randomClassifier} from '../../helpers/random-classifier.js';

const of = (accuracy: number, loss = 1): Metrics => ({accuracy, loss}) as Metrics;
const STAGE1: LayerGroup = 'stage1';
const TOP: ReadonlySet<LayerGroup> = new Set([STAGE1, 'head']);
const HEAD: ReadonlySet<LayerGroup> = new Set<LayerGroup>(['head']);

describe('the best weights', () => {
  useBackend();

  let classifier: Classifier;
  beforeEach(
    'make a classifier',
    () => void (classifier = randomClassifier({spec: {lastStage: 1}, size: 32})),
  );
  afterEach(() => classifier.dispose());

  /** Sets every weight of a group to a number, as training might. */
  const move = (group: LayerGroup, value: number): void => {
    for (const [name, variable] of classifier.weights) {
      if (getLayerGroup(name) === group)
        tf.tidy(() => variable.assign(tf.fill(variable.shape, value)));
    }
  };
  const first = (name: string): number =>
    toHost(classifier.weights, key => key === name).get(name)!.data[0]!;

  it('are kept by accuracy, then by loss, and put back', () => {
    const best = new BestCheckpoint(classifier, TOP);
    expect(best.metrics).to.equal(undefined);
    const kept = ([1, 2, 3, 4] as const).map((value, i) => {
      move('head', value);
      move(STAGE1, -value);
      return best.update([of(0.5), of(0.8, 2), of(0.8, 1), of(0.7)][i]!, TOP);
    });
    expect(kept).to.deep.equal([true, true, true, false]);
    expect(best.metrics).to.deep.equal(of(0.8, 1));
    best.restore();
    expect([first('fc.weight'), first('layer1.0.bn1.running_var')]).to.deep.equal([3, -3]);
  });

  it('are kept by balanced accuracy where that is asked for', () => {
    const best = new BestCheckpoint(classifier, TOP, 'balancedAccuracy');
    const both = (accuracy: number, balancedAccuracy: number): Metrics => ({
      ...of(accuracy),
      balancedAccuracy,
    });
    expect(
      [both(0.9, 0.5), both(0.8, 0.6), both(0.95, 0.55)].map(metrics => best.update(metrics, TOP)),
    ).to.deep.equal([true, true, false]);
  });

  it('hold every group that a run trains, though a phase moves only some', () => {
    const best = new BestCheckpoint(classifier, TOP);
    move(STAGE1, 1);
    move('head', 1);
    best.update(of(0.5), TOP);
    move('head', 2);
    best.update(of(0.6), HEAD);
    expect([...best.tensors.keys()]).to.have.members(
      [...classifier.weights.keys()].filter(name => TOP.has(getLayerGroup(name))),
    );
    move(STAGE1, 9);
    move('head', 9);
    best.restore();
    expect([first('layer1.0.conv1.weight'), first('fc.bias')]).to.deep.equal([1, 2]);
  });

  it('are those it began with while nothing was better', () => {
    const began = first('fc.weight');
    const best = new BestCheckpoint(classifier, HEAD);
    move('head', 1);
    best.restore();
    expect(first('fc.weight')).to.equal(began);
  });

  it('leave groups alone that no phase trains', () => {
    const best = new BestCheckpoint(classifier, HEAD);
    move(STAGE1, 5);
    best.restore();
    expect(first('layer1.0.conv1.weight')).to.equal(5);
  });

  it('go on from what a checkpoint kept', () => {
    const [one, other] = [new BestCheckpoint(classifier, TOP), new BestCheckpoint(classifier, TOP)];
    move('head', 1);
    one.update(of(0.9), TOP);
    move('head', 2);
    other.resume(one.metrics, one.tensors);
    expect([other.update(of(0.8), HEAD), other.metrics]).to.deep.equal([false, of(0.9)]);
    other.restore();
    expect(first('fc.weight')).to.equal(1);
  });
});
