import {expect} from 'chai';
import {bool, countNativeHandles, type} from '../../../src/backend/graph/binding.js';
import {updateInPlace, trace} from '../../../src/backend/graph/trace.js';
import {TracedSteps} from '../../../src/backend/graph/traced-steps.js';
import {tf, type Scalar, type Tensor, type Variable} from '../../../src/backend/tensorflow.js';
import {useBackend} from '../../helpers/backend.js';

describe('a traced step', () => {
  useBackend();

  let weight: Variable;
  let count: Variable;
  let recorded: TracedSteps;
  beforeEach(() => {
    weight = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    count = tf.tidy(() => tf.variable(tf.scalar(0)));
    recorded = new TracedSteps(new Map(Object.entries({weight, count})));
  });
  afterEach(() => {
    recorded.dispose();
    tf.dispose([weight, count]);
  });

  let stepsRun = 0;
  beforeEach(() => (stepsRun = 0));

  /** Adds the mean of the rows to the weight, and one to the count; gives the sum of the weight before. */
  const run = (...rows: readonly (readonly [number, number])[]): number =>
    tf.tidy(() => {
      const x = tf.tensor2d(rows.map(row => [...row]));
      const step = (): Scalar => {
        stepsRun++;
        const before = tf.sum<Scalar>(weight);
        weight.assign(tf.add(weight, tf.mean(x, 0)));
        count.assign(tf.add(count, 1));
        return before;
      };
      return recorded.run({name: 'add', run: step}, new Map([['x', x]])).dataSync()[0]!;
    });
  const held = (variable: Variable): number[] => {
    recorded.sync();
    return [...variable.dataSync()];
  };

  it('moves its variables at every run, and is run itself but once', () => {
    expect([run([1, 1]), run([2, 2]), run([0, 3])]).to.deep.equal([3, 5, 9]);
    expect(held(weight)).to.deep.equal([4, 8]);
    expect(held(count)).to.deep.equal([3]);
    expect(stepsRun).to.equal(1);
  });

  it('continues where it was after its variables were brought back', () => {
    run([1, 1]);
    run([1, 1]);
    expect(held(weight)).to.deep.equal([3, 4]);
    run([1, 1]);
    expect(held(weight)).to.deep.equal([4, 5]);
    expect(held(weight)).to.deep.equal([4, 5]);
  });

  it('is traced once more for inputs of another shape, and loses nothing between', () => {
    run([1, 1]);
    run([1, 1]);
    expect(run([2, 2], [4, 4])).to.equal(7);
    run([1, 1]);
    run([2, 2], [4, 4]);
    expect(held(weight)).to.deep.equal([10, 11]);
    expect(held(count)).to.deep.equal([5]);
    expect(stepsRun).to.equal(2);
  });

  it('moves them once at its first run, which is run again as the graph that all others are, in bfloat16 too', () => {
    const x = tf.tidy(() => tf.tensor1d([1, 1]));
    const step = (): Scalar => {
      stepsRun++;
      count.assign(tf.add(count, 1));
      return tf.sum<Scalar>(x);
    };
    for (let time = 0; time < 3; time++)
      recorded.run({name: 'count', run: step, precision: 'bf16'}, new Map([['x', x]])).dispose();
    expect([held(count), stepsRun]).to.deep.equal([[3], 1]);
    x.dispose();
  });

  it('is traced once for any number of examples, also where it moves nothing', () => {
    const reported: string[] = [];
    const steps = new TracedSteps(new Map(Object.entries({weight, count})), {
      onTraced: what => reported.push(what),
    });
    const scores = (n: number): number[] =>
      tf.tidy(() => {
        const x = tf.ones([n, 2]);
        const step = (): Tensor => tf.mul(x, weight);
        return [
          ...steps
            .run({name: 'score', run: step, hasDynamicBatch: true}, new Map([['x', x]]))
            .dataSync(),
        ];
      });
    const move = (): void =>
      tf.tidy(() => {
        const x = tf.tensor1d([1, 1]);
        const step = (): Scalar => {
          weight.assign(tf.add(weight, x));
          return tf.sum(x);
        };
        steps.run({name: 'move', run: step}, new Map([['x', x]]));
      });
    expect(scores(1)).to.deep.equal([1, 2]);
    for (let time = 0; time < 3; time++) move();
    expect(scores(2)).to.deep.equal([4, 5, 4, 5]);
    move();
    expect(scores(1)).to.deep.equal([5, 6]);
    expect(reported).to.deep.equal(['score float32[-1,2]', 'move float32[2]']);
    steps.dispose();
  });

  it('leaves nothing when it is disposed', () => {
    run([1, 1]); // what is uploaded when it is first used
    recorded.dispose();
    const before = [tf.memory().numTensors, countNativeHandles()];
    for (let time = 0; time < 3; time++) run([1, 1]);
    recorded.sync();
    recorded.dispose();
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  describe('with an op that moves a variable where it lies', () => {
    const MOMENTUM = {T: type('float32'), use_nesterov: bool(false)};

    /** Halves the weight, then moves it against x by momentum: both assigned to before, and moved in place. */
    const runInPlace = (x: number, work: () => void): void =>
      tf.tidy(() => {
        const gradient = tf.tensor1d([x, x]);
        const step = (): Scalar => {
          weight.assign(tf.mul(weight, 0.5));
          updateInPlace(
            'ResourceApplyGradientDescent',
            {T: type('float32')},
            [weight],
            [tf.scalar(1), gradient],
            work,
          );
          return tf.sum<Scalar>(gradient);
        };
        recorded.run({name: 'move', run: step}, new Map([['gradient', gradient]]));
      });

    it('does what the op stands for, after what was assigned before', () => {
      const work = (): void => weight.assign(tf.sub(weight, 1));
      for (let time = 0; time < 3; time++) runInPlace(1, work);
      // 1 -> -0.5 -> -1.25 -> -1.625, 2 -> 0 -> -1 -> -1.5
      expect(held(weight)).to.deep.equal([-1.625, -1.5]);
    });

    it('runs the work itself where nothing is traced', () => {
      let isRun = false;
      updateInPlace('ResourceApplyMomentum', MOMENTUM, [weight], [], () => (isRun = true));
      expect(isRun).to.equal(true);
    });

    it('refuses a variable that it was not given', () => {
      const stray = tf.tidy(() => tf.variable(tf.scalar(1)));
      const step = (): void =>
        updateInPlace('ResourceApplyMomentum', MOMENTUM, [stray], [], () => {});
      expect(() => trace(new Map<string, Tensor>(), step)).to.throw(
        'A traced step assigns a variable that it was not given.',
      );
      stray.dispose();
    });
  });
});
