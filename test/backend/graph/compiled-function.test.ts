import {readdirSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {expect} from 'chai';
import {countNativeHandles, nodeKernelBackend} from '../../../src/backend/graph/binding.js';
import {CompiledFunction} from '../../../src/backend/graph/compiled-function.js';
import {LOWEST_FLOAT} from '../../../src/backend/ops/ops.js';
import {ops} from '../../../src/backend/ops/current-ops.js';
import {HostReadError} from '../../../src/backend/graph/trace.js';
import {tf, type Tensor, type Tensor1D, type Tensor4D} from '../../../src/backend/tensorflow.js';
import {useBackend} from '../../helpers/backend.js';
import {draw} from '../../helpers/gradients.js';

const values = (tensor: Tensor): number[] => {
  const read = [...tensor.dataSync()];
  tensor.dispose();
  return read;
};

/** Names of the ops that are run one by one meanwhile. */
function opsRun(work: () => void): string[] {
  const backend = nodeKernelBackend();
  const {binding} = backend;
  const names: string[] = [];
  backend.binding = Object.create(binding, {
    executeOp: {
      value: (...given: Parameters<typeof binding.executeOp>) => {
        names.push(given[0]);
        return binding.executeOp(...given);
      },
    },
  }) as typeof binding;
  try {
    work();
  } finally {
    backend.binding = binding;
  }
  return names;
}

describe('a compiled step', () => {
  useBackend();

  const state = new Map<string, Tensor>();
  before(() => {
    state.set('filter.weight', draw<Tensor4D>('filter', [3, 3, 3, 4]));
    state.set('filter.bias', draw<Tensor1D>('bias', [4]));
  });
  after(() => tf.dispose([...state.values()]));

  /** Convolution, sum, relu, both poolings, constants: what a frozen network is made of. */
  const step = (x: Tensor): Tensor => {
    const images = tf.mul<Tensor4D>(tf.cast(x, 'float32'), tf.tensor1d([1, 0.5, 0.25]));
    const [filter, bias] = [
      state.get('filter.weight') as Tensor4D,
      state.get('filter.bias') as Tensor1D,
    ];
    const map = ops().relu(tf.add<Tensor4D>(ops().convBias(images, filter, bias, 2, 1), 0.1));
    const pooled = ops().maxPool(ops().pad(map, 1, LOWEST_FLOAT), 3, 2);
    return tf.concat2d([ops().averagePoolGlobal(pooled), ops().maxPoolGlobal(pooled)], 1);
  };
  const images = (n: number, size = 9): Tensor4D =>
    tf.tidy(() => tf.round(tf.mul(draw<Tensor4D>(`images ${n}`, [n, size, size, 3]), 9)));

  it('gives what the step gives, run after run, for any number of examples', () => {
    const compiled = new CompiledFunction(state, step);
    for (const n of [2, 2, 5, 1, 2]) {
      const x = images(n);
      const expected = values(tf.tidy(() => step(x)));
      const found = values(compiled.run(x));
      found.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
      x.dispose();
    }
    compiled.dispose();
  });

  it('is one graph from the second run on', () => {
    const compiled = new CompiledFunction(state, step);
    const x = images(2);
    expect(opsRun(() => compiled.run(x).dispose())).to.include('Conv2D');
    expect(opsRun(() => compiled.run(x).dispose())).to.deep.equal([]);
    x.dispose();
    compiled.dispose();
  });

  it('gives the same to the last bit from its first run on, unless it is to answer at once', () => {
    const [compiled, hasty] = [
      new CompiledFunction(state, step),
      new CompiledFunction(state, step, {isFirstRunEager: true}),
    ];
    const x = images(7, 33);
    const first = values(compiled.run(x));
    expect(values(compiled.run(x))).to.deep.equal(first);
    expect(
      opsRun(() => expect(values(hasty.run(x))).to.deep.equal(values(tf.tidy(() => step(x))))),
    ).to.include('Conv2D');
    expect(values(hasty.run(x))).to.deep.equal(first);
    x.dispose();
    for (const each of [compiled, hasty]) each.dispose();
  });

  it('is traced anew for examples of another shape or type', () => {
    const compiled = new CompiledFunction(state, step);
    const shapes = [
      tf.tidy(() => images(2)),
      tf.tidy(() => images(2, 11)),
      tf.tidy(() => tf.cast(images(2), 'int32')),
    ];
    for (const x of shapes) {
      for (let time = 0; time < 2; time++)
        expect(values(compiled.run(x))).to.deep.equal(values(tf.tidy(() => step(x))));
    }
    tf.dispose(shapes);
    compiled.dispose();
  });

  it('stays near float32 in bfloat16, from the first run on', () => {
    const [single, brain] = [
      new CompiledFunction(state, step),
      new CompiledFunction(state, step, {precision: 'bf16'}),
    ];
    const x = images(3);
    const exact = values(single.run(x));
    const [first, second] = [values(brain.run(x)), values(brain.run(x))];
    expect(first).to.deep.equal(second);
    expect(first).to.not.deep.equal(exact);
    // Seven bits behind the point, for inputs, filters and results.
    const largest = Math.max(...exact.map(Math.abs));
    first.forEach((value, i) => expect(value).to.be.closeTo(exact[i]!, 3 * 2 ** -8 * largest));
    for (const compiled of [single, brain]) compiled.dispose();
    x.dispose();
  });

  it('keeps its state apart from that of others with the same names', () => {
    const factors = [2, 3].map(factor => tf.tidy(() => tf.add(tf.zeros([1]), factor)));
    const compiled = factors.map(
      factor => new CompiledFunction(new Map([['factor', factor]]), x => tf.mul(x, factor)),
    );
    const x = tf.ones([1, 1]);
    for (let time = 0; time < 3; time++)
      expect(compiled.flatMap(each => values(each.run(x)))).to.deep.equal([2, 3]);
    compiled[1]!.dispose();
    expect(values(compiled[0]!.run(x))).to.deep.equal([2]);
    compiled[0]!.dispose();
    tf.dispose([x, ...factors]);
  });

  it('takes several inputs, in their order', () => {
    const compiled = new CompiledFunction(new Map(), (a, b) => tf.sub(a!, b!));
    const [a, b] = [tf.tensor2d([[5], [7]]), tf.tensor2d([[1], [2]])];
    for (let time = 0; time < 2; time++) expect(values(compiled.run(a, b))).to.deep.equal([4, 5]);
    compiled.dispose();
    tf.dispose([a, b]);
  });

  it('may read nothing back, and says what was read', () => {
    const compiled = new CompiledFunction(new Map(), x => tf.mul(x, tf.sum(x).dataSync()[0]!));
    const x = tf.ones([2, 2]);
    expect(() => compiled.run(x)).to.throw(
      HostReadError,
      'The result of Sum is read back to the host inside a traced step. Read it after the step.',
    );
    // And the backend is itself again.
    expect(tf.sum(x).dataSync()[0]).to.equal(4);
    x.dispose();
  });

  it('may use nothing that it was not given', () => {
    const [stray, x] = [tf.tidy(() => tf.add(tf.ones([2]), 1)), tf.ones([2, 2])];
    const compiled = new CompiledFunction(new Map(), given => tf.mul(given, stray));
    expect(() => compiled.run(x)).to.throw(
      'A traced step uses a tensor that is neither its input nor its state.',
    );
    tf.dispose([stray, x]);
  });

  it('leaves nothing: no tensor, no handle, no session, no file', () => {
    const graphs = (): string[] =>
      readdirSync(tmpdir()).filter(name => name.startsWith('finetune-graph-'));
    const x = images(2);
    values(tf.tidy(() => step(x))); // what is uploaded when it is first used
    const held = (): unknown => [tf.memory().numTensors, countNativeHandles(), graphs()];
    const before = held();
    const compiled = new CompiledFunction(state, step);
    for (let time = 0; time < 3; time++) values(compiled.run(x));
    expect(held()).to.not.deep.equal(before);
    compiled.dispose();
    expect(held()).to.deep.equal(before);
    x.dispose();
  });
});
