import {expect} from 'chai';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {RunLock} from '../../../src/finetune/run/run-lock.js';
import {exportRun, reportRun} from '../../../src/finetune/run/export-run.js';
import {isFinished, isInterrupted} from '../../../src/finetune/run/run-files.js';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive, PROBE, runAndTell, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a run whose training has ended', () => {
  useBackend();

  let folder: ImageFolder;
  before('draw images', async () => void (folder = await smallFolder()));

  const recipe = (): ReturnType<typeof smallRecipe> => smallRecipe(folder, {phases: [PROBE]});
  const train = async (out = join(temporaryDirectory(), 'run')): Promise<string> => {
    await runAndTell(folder, recipe(), {out});
    return out;
  };
  /** Damages what was exported before it is verified. */
  const damage =
    (unverified: string) =>
    (event: RunEvent): void => {
      if (event.type === 'progress' && event.step === 'verifying')
        writeFileSync(join(unverified, 'model.safetensors'), 'nothing');
    };

  it('is exported again without its images, its model lost', async () => {
    const out = await train();
    const model = sha256(join(out, 'model', 'model.safetensors'));
    const {
      contentHash,
      recipe: said,
      metrics,
    } = (await loadedRecord(out)) as unknown as Record<string, unknown>;
    rmSync(join(out, 'model'), {recursive: true});
    expect(isFinished(out)).to.equal(false);
    const before = alive();
    const saved = await exportRun(out);
    expect(alive()).to.deep.equal(before);
    expect(saved.directory).to.equal(join(out, 'model'));
    expect(saved.record).to.deep.include({contentHash, recipe: said, metrics});
    expect(sha256(join(out, 'model', 'model.safetensors'))).to.equal(model);
    expect(isFinished(out)).to.equal(true);
    expect(readdirSync(out)).to.not.include('.lock');
  });

  it('is exported to another place', async () => {
    const out = await train();
    const place = join(temporaryDirectory(), 'elsewhere');
    expect((await exportRun(out, {out: place})).directory).to.equal(place);
    expect(sha256(join(place, 'model.json'))).to.equal(sha256(join(out, 'model', 'model.json')));
  });

  it('is reported again without its images, to the last letter', async () => {
    const out = await train();
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    rmSync(join(out, 'report.html'));
    expect(await reportRun(out)).to.equal(join(out, 'report.html'));
    expect(readFileSync(join(out, 'report.html'), 'utf8')).to.equal(report);
  });

  it('keeps all that was learned and measured where its export cannot be verified', async () => {
    const out = join(temporaryDirectory(), 'run');
    const before = alive();
    const error = await rejectionOf(
      runAndTell(folder, recipe(), {out, onEvent: damage(join(out, 'model.unverified'))}),
    );
    expect(alive()).to.deep.equal(before);
    expect(error).to.include({code: 'EXPORT_FAILED', exitCode: 1, run: out});
    expect(error.message).to.match(
      /^The exported model was not verified, and is kept as .*model\.unverified: .*model\.safetensors has /,
    );
    expect(error.message).to.include(
      `The training is complete, and its weights and metrics are in ${out}.`,
    );
    expect(error.message).to.match(new RegExp(`Make the model again: finetune export ${out}$`));
    for (const name of ['metrics.json', 'history.csv', 'report.html', 'model.unverified'])
      expect(readdirSync(out)).to.include(name);
    expect([existsSync(join(out, 'model')), isInterrupted(out)]).to.deep.equal([false, true]);
    await exportRun(out);
    expect(readdirSync(out)).to.include('model').and.not.include('model.unverified');
    expect([isFinished(out), isInterrupted(out)]).to.deep.equal([true, false]);
  });

  it('is exported, without metrics, also where it could not be measured to the end', async () => {
    const own = await smallFolder({perClass: 8, seed: 77});
    const out = join(temporaryDirectory(), 'run');
    const lose = (event: RunEvent): void => {
      if (event.type === 'checkpoint') rmSync(own.root, {recursive: true});
    };
    const lost = smallRecipe(own, {
      phases: [PROBE],
      testSplit: 0.25,
      cacheMemory: 1e-6,
      cacheDisk: 0,
    });
    expect(await rejectionOf(runAndTell(own, lost, {out, onEvent: lose}))).to.include({
      code: 'PIXEL_CACHE_CORRUPT',
    });
    expect(readdirSync(out)).to.not.include('metrics.json');
    expect(isInterrupted(out)).to.equal(true);
    const {record} = await exportRun(out);
    expect(record).to.not.have.property('metrics');
    expect(record.classes).to.deep.equal(own.classNames);
  });

  it('may also be gone on with where its export cannot be verified', async () => {
    const [out, whole] = [join(temporaryDirectory(), 'run'), await train()];
    await rejectionOf(
      runAndTell(folder, recipe(), {out, onEvent: damage(join(out, 'model.unverified'))}),
    );
    await runAndTell(folder, recipe(), {out, resume: true});
    expect(isFinished(out)).to.equal(true);
    expect(sha256(join(out, 'model', 'model.safetensors'))).to.equal(
      sha256(join(whole, 'model', 'model.safetensors')),
    );
  });

  it('does not take the place of the run that it was to replace before it is exported', async () => {
    const out = await train();
    const old = readFileSync(join(out, 'metrics.json'), 'utf8');
    const replacement = join(out, '..', '.run.replacement');
    const other = {...recipe(), seed: 7};
    const onEvent = damage(join(replacement, 'model.unverified'));
    const error = await rejectionOf(runAndTell(folder, other, {out, overwrite: true, onEvent}));
    expect(error).to.include({code: 'EXPORT_FAILED', run: replacement});
    expect(readFileSync(join(out, 'metrics.json'), 'utf8')).to.equal(old);
    const {directory} = await exportRun(replacement);
    expect(directory).to.equal(join(out, 'model'));
    expect(readdirSync(join(out, '..'))).to.deep.equal(['run']);
    expect(JSON.parse(readFileSync(join(out, 'recipe.json'), 'utf8'))).to.include({seed: 7});
  });

  it('says what is wrong with a directory that holds no such run', async () => {
    const empty = temporaryDirectory();
    expect((await rejectionOf(exportRun(empty))).message).to.equal(
      `${empty} holds no run. Give the directory of a run.`,
    );
    expect(await rejectionOf(reportRun(join(empty, 'no')))).to.include({
      code: 'USAGE',
      exitCode: 2,
    });
    expect(readdirSync(empty)).to.deep.equal([]);
    const begun = temporaryDirectory();
    writeFileSync(join(begun, 'recipe.json'), '{}');
    expect((await rejectionOf(reportRun(begun))).message).to.equal(
      `The training of the run in ${begun} has not ended. Resume it: finetune --resume ${begun}`,
    );
  });

  it('says who is training a run that has not ended, and what a finished one has lost', async () => {
    const run = join(temporaryDirectory(), 'a run');
    mkdirSync(run);
    writeFileSync(join(run, 'recipe.json'), '{}');
    const claim = await RunLock.acquire(run);
    for (const refused of [exportRun(run), reportRun(run)])
      expect(await rejectionOf(refused)).to.include({code: 'RUN_LOCKED'});
    await claim.release();
    expect((await rejectionOf(exportRun(run))).message).to.match(
      /Resume it: finetune --resume '.+a run'$/,
    );
    writeFileSync(join(run, 'folds.json'), '{}');
    expect((await rejectionOf(reportRun(run))).message).to.match(
      / cross-validation\. Give one of them, such as '.+fold-1'$/,
    );
    rmSync(join(run, 'folds.json'));
    mkdirSync(join(run, 'model'));
    for (const name of ['metrics.json', 'report.html', 'model/finetune.json'])
      writeFileSync(join(run, name), '{}');
    expect((await rejectionOf(exportRun(run))).message).to.equal(
      `${run} holds a run without its checkpoints/best. Copy the whole directory again, or train again.`,
    );
    expect(readdirSync(run)).to.have.members([
      'recipe.json',
      'metrics.json',
      'report.html',
      'model',
    ]);
  });

  it('says which of its files is damaged', async () => {
    const out = await train();
    writeFileSync(join(out, 'report.json'), '{');
    expect(await rejectionOf(reportRun(out))).to.include({
      code: 'RUN_FILE_UNREADABLE',
      path: join(out, 'report.json'),
    });
    const other = await train();
    writeFileSync(join(other, 'checkpoints', 'best', 'weights.safetensors'), 'nothing');
    const error = await rejectionOf(exportRun(other));
    expect(error).to.include({code: 'TRAINED_WEIGHTS_UNREADABLE', exitCode: 1});
    expect(error.message).to.match(
      /weights\.safetensors is not the trained network of a finished training: /,
    );
  });
});

async function loadedRecord(run: string): Promise<object> {
  const model = await loadModel(join(run, 'model'));
  model.dispose();
  return model.record;
}
