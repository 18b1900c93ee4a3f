import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {MetricsLog} from '../../../src/finetune/tracking/metrics-log.js';
import {createTracking} from '../../../src/finetune/tracking/create-tracking.js';
import {RunTracking} from '../../../src/finetune/tracking/run-tracking.js';
import {TensorboardTracker} from '../../../src/finetune/tracking/tensorboard-tracker.js';
import type {ImageMaker, Tracker} from '../../../src/finetune/tracking/tracker.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {epochRows, noImages, someMetrics} from '../../helpers/tracked-run.js';

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
  await tracking.begin(ROWS.slice(0, from), noImages);
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

  it('make images for those that show them alone, once each', async () => {
    let made = 0;
    const shows = (images: ImageMaker): Promise<unknown> => images();
    const showing = {
      ...failingAt(undefined),
      begin: async (_rows: unknown, samples: ImageMaker) => void (await shows(samples)),
    };
    const samples: ImageMaker = async () => (made++, []);
    const tracking = (trackers: readonly Tracker[]): RunTracking =>
      new RunTracking(trackers, () => {});
    await tracking([failingAt(undefined)]).begin([], samples);
    expect(made).to.equal(0);
    await tracking([failingAt(undefined), showing]).begin([], samples);
    expect(made).to.equal(1);
  });

  it('get the rest where no images can be made', async () => {
    const warnings: string[] = [];
    const shown: unknown[] = [];
    const tracker = {
      ...failingAt(undefined),
      begin: async (_rows: unknown, samples: ImageMaker) => void shown.push(await samples()),
    };
    const tracking = new RunTracking([tracker], message => void warnings.push(message));
    await tracking.begin([], () => Promise.reject(new Error('the cache is gone')));
    expect(shown).to.deep.equal([[]]);
    expect(warnings).to.deep.equal([
      'The images for TensorBoard cannot be written, so the run continues without it. the cache is gone.',
    ]);
  });

  it('want gradient norms of groups if one of them shows them', () => {
    const of = (...trackers: readonly Tracker[]): boolean =>
      new RunTracking(trackers, () => {}).showsGroupNorms;
    expect(of()).to.equal(false);
    expect(of(failingAt(undefined))).to.equal(false);
    expect(of(failingAt(undefined), new TensorboardTracker(temporaryDirectory()))).to.equal(true);
  });

  it('are reported in words where the system refuses a file', async () => {
    const directory = join(temporaryDirectory(), 'run');
    const log = new MetricsLog(join(directory, 'metrics.jsonl'));
    const warnings: string[] = [];
    const tracking = new RunTracking([log], message => void warnings.push(message));
    await tracking.begin([], noImages);
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
    await tracking.begin([], noImages);
    await tracking.close('finished');
    expect(messages).to.deep.equal([
      '{"type":"info","message":"MLflow is not used, because the run is offline."}',
    ]);
  });

  it('are none without a directory and a server', async () => {
    const tracking = await createTracking(undefined, {}, {} as Recipe, new RunContext());
    await tracking.begin([], noImages);
    tracking.epoch(ROWS[0]!);
    await tracking.finish({validation: someMetrics()}, []);
    expect(readdirSync(temporaryDirectory())).to.deep.equal([]);
  });
});
