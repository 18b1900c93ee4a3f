import {expect} from 'chai';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import type {CpuTensor} from '../../../src/core/state-dict.js';
import {
  CheckpointError,
  hasCheckpoint,
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
} from '../../../src/training/loop/checkpoint.js';
import type {Metrics} from '../../../src/training/metrics/metrics.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

interface Row {
  readonly epoch: number;
  readonly loss: number;
}

const tensor = (...values: readonly number[]): CpuTensor => ({
  shape: [values.length],
  data: Float32Array.from(values),
});
const named = (
  ...entries: readonly (readonly [string, CpuTensor])[]
): ReadonlyMap<string, CpuTensor> => new Map(entries);

const CHECKPOINT: Checkpoint<Row> = {
  phase: 1,
  trainerState: {epoch: 2, step: 3, lossSum: 1.1 / 3, weightSum: 12, hits: 7, gradientNorm: 1.5},
  history: [{epoch: 1, loss: 0.1 + 0.2}],
  bestMetrics: {accuracy: 2 / 3, loss: 0.25, numImages: 3} as Metrics,
  weights: named(
    ['fc.weight', {shape: [2, 2], data: Float32Array.of(1, 2, 3, 1e-38)}],
    ['fc.bias', tensor(4, 5)],
  ),
  optimizer: named(
    ['fc.bias/step', {shape: [], data: Float32Array.of(7)}],
    ['fc.bias/first', tensor(0.1, 0.2)],
  ),
  best: named(['fc.bias', tensor(6, 7)]),
};

describe('a checkpoint', () => {
  let directory: string;
  let last: string;
  beforeEach('choose a place', () => {
    directory = join(temporaryDirectory(), 'checkpoints');
    last = join(directory, 'last');
  });

  const refusal = async (): Promise<string> => {
    const error = await rejectionOf(readCheckpoint(last));
    expect(error).to.be.instanceOf(CheckpointError);
    expect(error).to.include({code: 'CHECKPOINT_UNREADABLE', exitCode: 1, directory: last});
    return error.message.replaceAll(directory, 'CHECKPOINTS');
  };

  it('comes back as it was written, to the last bit', async () => {
    await writeCheckpoint(last, CHECKPOINT);
    expect(await readCheckpoint(last)).to.deep.equal(CHECKPOINT);
    expect(readdirSync(directory)).to.deep.equal(['last']);
    expect(readdirSync(last).sort()).to.deep.equal([
      'best.safetensors',
      'optimizer.safetensors',
      'state.json',
      'weights.safetensors',
    ]);
  });

  it('of a run that has not begun a phase has neither metrics nor optimizer', async () => {
    const {bestMetrics: _none, ...early} = {...CHECKPOINT, optimizer: named(), history: []};
    await writeCheckpoint(last, early);
    expect(await readCheckpoint(last)).to.deep.equal(early);
  });

  it('takes the place of the one before', async () => {
    await writeCheckpoint(last, CHECKPOINT);
    await writeCheckpoint(last, {...CHECKPOINT, phase: 2});
    expect((await readCheckpoint(last)).phase).to.equal(2);
    expect(readdirSync(directory)).to.deep.equal(['last']);
  });

  it('is not there before it was written', async () => {
    expect(hasCheckpoint(last)).to.equal(false);
    expect(await refusal()).to.equal(
      'The checkpoint in CHECKPOINTS/last cannot be used: there is none. Start the run again without --resume.',
    );
    await writeCheckpoint(last, CHECKPOINT);
    expect(hasCheckpoint(last)).to.equal(true);
  });

  it('outlives a kill between the two renames', async () => {
    await writeCheckpoint(last, CHECKPOINT);
    renameSync(last, `${last}.old`);
    mkdirSync(`${last}.new`);
    expect(hasCheckpoint(last)).to.equal(true);
    expect(await readCheckpoint(last)).to.deep.equal(CHECKPOINT);
    await writeCheckpoint(last, {...CHECKPOINT, phase: 2});
    expect((await readCheckpoint(last)).phase).to.equal(2);
    expect(readdirSync(directory)).to.deep.equal(['last']);
  });

  const tears: readonly (readonly [what: string, tear: () => void, found: string | RegExp])[] = [
    ['weights cut short', () => truncateSync(join(last, 'weights.safetensors'), 60), /^.*bytes/],
    [
      'an empty optimizer',
      () => truncateSync(join(last, 'optimizer.safetensors'), 0),
      /^the end of the file/,
    ],
    ['a state cut short', () => truncateSync(join(last, 'state.json'), 20), /^.*JSON/],
    ['no state', () => rmSync(join(last, 'state.json')), /^ENOENT: no such file/],
    ['no best weights', () => rmSync(join(last, 'best.safetensors')), /^ENOENT: no such file/],
    [
      'a state of another version',
      () =>
        writeFileSync(
          join(last, 'state.json'),
          readFileSync(join(last, 'state.json'), 'utf8').replace('"version":4', '"version":9'),
        ),
      'it is of version 9, not 4',
    ],
  ];
  for (const [what, tear, found] of tears) {
    it(`with ${what} is refused in one sentence`, async () => {
      await writeCheckpoint(last, CHECKPOINT);
      tear();
      const [, reason] =
        /^The checkpoint in CHECKPOINTS\/last cannot be used: (.*)\. Start the run again without --resume\.$/.exec(
          await refusal(),
        )!;
      if (typeof found === 'string') expect(reason).to.equal(found);
      else expect(reason).to.match(found);
    });
  }

  it('leaves all of what was there when it cannot be written', async () => {
    await writeCheckpoint(last, CHECKPOINT);
    const broken = {shape: [2], data: undefined} as unknown as CpuTensor;
    await rejectionOf(
      writeCheckpoint(last, {
        ...CHECKPOINT,
        best: named(['fc.bias', tensor(0, 0)]),
        weights: named(['fc.bias', broken]),
      }),
    );
    expect(await readCheckpoint(last)).to.deep.equal(CHECKPOINT);
  });
});
