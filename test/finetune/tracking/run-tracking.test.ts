import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {MetricsLog} from '../../../src/finetune/tracking/metrics-log.js';
import {createTracking, RunTracking} from '../../../src/finetune/tracking/run-tracking.js';
import type {Tracker} from '../../../src/finetune/tracking/tracker.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {epochRows, someMetrics} from '../../helpers/tracked-run.js';

const ROWS = epochRows(3);

/** A tracker that fails at a call, and notes the others. */
function failingAt(call: keyof Tracker | undefined): Tracker & {readonly calls: string[]} {
  const calls: string[] = [];
  const note = (name: string): void => {
    calls.push(name);
    if (name === call) throw new Error('the disk is on fire');
  };
  return {
    name: 'The tracker',
    calls,
    begin: async () => note('begin'),
    epoch: (_row, number) => note(`epoch${call === 'epoch' ? '' : ` ${number}`}`),
    finish: async (_results, epochs) => note(call === 'finish' ? 'finish' : `finish ${epochs}`),
    close: async outcome => note(call === 'close' ? 'close' : `close ${outcome}`),
  };
}

async function track(trackers: readonly Tracker[], from = 0): Promise<string[]> {
  const warnings: string[] = [];
  const tracking = new RunTracking(trackers, message => void warnings.push(message));
  await tracking.begin(ROWS.slice(0, from));
  ROWS.slice(from).forEach(row => tracking.epoch(row));
  await tracking.finish({validation: someMetrics()}, []);
  await tracking.close('finished');
  return warnings;
}

describe('the trackers of a run', () => {
  it('get every epoch with its number over all phases, those before a resumption counted', async () => {
    const tracker = failingAt(undefined);
    expect(await track([tracker], 1)).to.deep.equal([]);
    expect(tracker.calls).to.deep.equal([
      'begin',
      'epoch 2',
      'epoch 3',
      'finish 3',
      'close finished',
    ]);
  });

  for (const call of ['begin', 'epoch', 'finish', 'close'] as const)
    it(`are left out with one warning when they fail at ${call}, and the others go on`, async () => {
      const [failing, other] = [failingAt(call), failingAt(undefined)];
      expect(await track([failing, other])).to.deep.equal([
        'The tracker cannot be written, so the run continues without it. the disk is on fire.',
      ]);
      expect(failing.calls.at(-1)).to.equal(call);
      expect(other.calls).to.have.length(6);
    });

  it('are reported in words where the system refuses a file', async () => {
    const directory = join(temporaryDirectory(), 'run');
    const log = new MetricsLog(join(directory, 'metrics.jsonl'));
    const warnings: string[] = [];
    const tracking = new RunTracking([log], message => void warnings.push(message));
    await tracking.begin([]);
    rmSync(directory, {recursive: true});
    ROWS.forEach(row => tracking.epoch(row));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^metrics\.jsonl cannot be written, .* there is no such file/);
  });

  it('send nothing offline, and say so', async () => {
    const messages: string[] = [];
    const run = new RunContext({
      offline: true,
      onEvent: event => void messages.push(JSON.stringify(event)),
    });
    const mlflow = {trackingUri: 'http://127.0.0.1:9'};
    const tracking = await createTracking(undefined, {mlflow}, {} as Recipe, run);
    await tracking.begin([]);
    await tracking.close('finished');
    expect(messages).to.deep.equal([
      '{"type":"info","message":"MLflow is not used, because the run is offline."}',
    ]);
  });

  it('are none without a directory and a server', async () => {
    const tracking = await createTracking(undefined, {}, {} as Recipe, new RunContext());
    await tracking.begin([]);
    tracking.epoch(ROWS[0]!);
    await tracking.finish({validation: someMetrics()}, []);
    expect(readdirSync(temporaryDirectory())).to.deep.equal([]);
  });
});
