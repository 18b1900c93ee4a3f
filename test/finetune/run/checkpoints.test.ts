import {expect} from 'chai';
import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Checkpoints} from '../../../src/finetune/run/checkpoints.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';
import type {Checkpoint} from '../../../src/training/loop/checkpoint.js';
import type {EpochRow} from '../../../src/training/loop/history.js';
import {INITIAL_TRAINER_STATE} from '../../../src/training/loop/training-plan.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const snapshot = (): Checkpoint<EpochRow> => ({
  phase: 0,
  trainerState: INITIAL_TRAINER_STATE,
  history: [],
  weights: new Map(),
  optimizer: new Map(),
  best: new Map(),
});

describe('the checkpoints of a run', () => {
  it('are done without, and that is told, while the disk does not take them', async () => {
    const events: RunEvent[] = [];
    const directory = join(temporaryDirectory(), 'checkpoints');
    writeFileSync(directory, 'in the way');
    const checkpoints = new Checkpoints(
      join(directory, 'last'),
      new RunContext({onEvent: event => events.push(event)}),
    );
    await checkpoints.writeOrWarn(snapshot);
    expect(events).to.have.length(1);
    expect(events[0])
      .to.have.property('message')
      .that.matches(
        /^A checkpoint cannot be written, so the run continues without it\. .*checkpoints\S*: a part of the path is a file, and no folder\. Check the path\.$/,
      );
    expect(await rejectionOf(checkpoints.write(snapshot))).to.include({code: 'ENOTDIR'});
    rmSync(directory);
    await checkpoints.writeOrWarn(snapshot);
    expect(events.at(-1)).to.deep.equal({type: 'checkpoint', directory: join(directory, 'last')});
    expect(existsSync(checkpoints.directory!)).to.equal(true);
  });

  it('are not written for a run without a directory, and fail with what is wrong in them', async () => {
    await new Checkpoints(undefined, new RunContext()).writeOrWarn(snapshot);
    const checkpoints = new Checkpoints(join(temporaryDirectory(), 'last'), new RunContext());
    const broken = (): never => {
      throw new RangeError('of the snapshot');
    };
    expect((await rejectionOf(checkpoints.writeOrWarn(broken))).message).to.equal(
      'of the snapshot',
    );
  });
});
