import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {
  crossValidate,
  type CrossValidationResult,
} from '../../../src/finetune/folds/cross-validate.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {finetune} from '../../../src/finetune/finetune.js';
import type {FinetuneOptions} from '../../../src/finetune/finetune-options.js';
import {useBackend} from '../../helpers/backend.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive, ALL, PROBE, smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('a cross-validation of a folder', function () {
  this.timeout(300_000);
  useBackend();

  const cache = process.env.FINETUNE_CACHE;
  beforeEach('forget what was computed before', () => {
    process.env.FINETUNE_CACHE = temporaryDirectory();
  });
  after(() => {
    if (cache === undefined) delete process.env.FINETUNE_CACHE;
    else process.env.FINETUNE_CACHE = cache;
  });

  let folder: ImageFolder;
  before('draw images', async () => {
    folder = await smallFolder({perClass: 6});
  });

  const recipe = (views = 1) => smallRecipe(folder, {phases: [PROBE, ALL], views});
  const FOLDS = 3;

  async function reported(
    options: FinetuneOptions = {},
  ): Promise<{result: CrossValidationResult; events: RunEvent[]}> {
    const events: RunEvent[] = [];
    const result = await crossValidate(folder, recipe(), FOLDS, {
      ...options,
      onEvent: event => void events.push(event),
    });
    return {result, events};
  }

  const passesOf = (events: readonly RunEvent[], activity: string): number =>
    events.flatMap(event =>
      event.type === 'progress' && event.activity === activity ? [event] : [],
    ).length;

  it('decodes every image once, and runs each view of it once through the frozen groups', async () => {
    const {events} = await reported();
    const one: RunEvent[] = [];
    const {classifier} = await finetune(
      folder,
      {...recipe(), fold: `1/${FOLDS}`},
      {onEvent: event => void one.push(event)},
    );
    classifier.dispose();
    expect(passesOf(events, 'decode')).to.be.within(1, passesOf(one, 'decode') + 1);
    const features = events.flatMap(event =>
      event.type === 'progress' && event.activity === 'features' ? [event] : [],
    );
    const whole = features.filter(
      ({done, total}) => done === total && total === 2 * folder.samples.length,
    );
    expect(whole).to.have.length(1);
    expect(events.filter(({type}) => type === 'fold-end')).to.have.length(FOLDS);
  });

  it('comes to what each fold comes to alone', async () => {
    const {result} = await reported();
    for (const number of [1, 2, 3]) {
      const {classifier, metrics} = await finetune(folder, {
        ...recipe(),
        fold: `${number}/${FOLDS}`,
      });
      classifier.dispose();
      expect(result.folds[number - 1]!.metrics.numImages).to.equal(metrics.validation.numImages);
      expect(result.folds[number - 1]!.metrics.loss).to.be.closeTo(metrics.validation.loss, 1e-3);
    }
    expect(result.summary.pooled.numImages).to.equal(folder.samples.length);
  });

  it('leaves nothing on the device', async () => {
    await reported();
    const before = alive();
    await reported();
    expect(alive()).to.deep.equal(before);
  });

  it('writes a directory for each fold, what they say together, and a page', async () => {
    const out = join(temporaryDirectory(), 'folds');
    const {result} = await reported({out});
    expect(JSON.parse(readFileSync(join(out, 'folds.json'), 'utf8'))).to.deep.equal(
      JSON.parse(JSON.stringify(result.document)),
    );
    expect(readFileSync(join(out, 'folds.html'), 'utf8')).to.include('href="fold-3/report.html"');
    expect(JSON.parse(readFileSync(join(out, 'recipe.json'), 'utf8'))).to.include({
      folds: 3,
      arch: 'resnet18',
    });
    expect(JSON.parse(readFileSync(join(out, 'fold-2/recipe.json'), 'utf8')))
      .to.include({fold: '2/3'})
      .and.to.not.have.property('folds');
    const again = await rejectionOf(crossValidate(folder, recipe(), FOLDS, {out}));
    expect(again).to.include({exitCode: 2});
    writeFileSync(join(out, 'left'), 'by another run');
    mkdirSync(join(out, 'fold-9'));
    await reported({out, overwrite: true});
    expect(['left', 'fold-9'].filter(name => existsSync(join(out, name)))).to.deep.equal([]);
    expect(existsSync(join(out, 'folds.json'))).to.equal(true);
  });

  it('goes on with the folds that have not ended, to the same figures', async () => {
    const out = join(temporaryDirectory(), 'folds');
    const {result: whole} = await reported({out: join(temporaryDirectory(), 'whole')});
    const stop = new AbortController();
    const stopping = crossValidate(folder, recipe(), FOLDS, {
      out,
      signal: stop.signal,
      // In the middle of the second fold.
      onEvent: event => {
        if (event.type === 'phase' && event.index === 1 && existsSync(join(out, 'fold-2')))
          stop.abort();
      },
    });
    expect(await rejectionOf(stopping)).to.include({code: 'ABORTED'});
    expect(
      [1, 2, 3].map(number => existsSync(join(out, `fold-${number}`, 'metrics.json'))),
    ).to.deep.equal([true, false, false]);
    const ended: boolean[] = [];
    const {summary: together} = await crossValidate(folder, recipe(), FOLDS, {
      out,
      resume: true,
      onEvent: event => event.type === 'fold-end' && void ended.push(event.isResumed),
    });
    expect(ended).to.deep.equal([true, false, false]);
    together.loss.values.forEach((loss, i) =>
      expect(loss).to.be.closeTo(whole.summary.loss.values[i]!, 1e-4),
    );
    rmSync(out, {recursive: true});
  });

  it('is refused before an image is decoded where a class has fewer images than there are folds', async () => {
    const events: RunEvent[] = [];
    const out = join(temporaryDirectory(), 'folds');
    const refused = await rejectionOf(
      crossValidate(folder, recipe(), 7, {out, onEvent: event => void events.push(event)}),
    );
    expect(refused).to.include({code: 'TOO_MANY_FOLDS', exitCode: 3, groups: 6, folds: 7});
    expect(events).to.deep.equal([]);
    expect(existsSync(out)).to.equal(false);
  });

  it('is refused before a phase begins where images that are the same leave too few', async () => {
    const copied = await smallFolder({perClass: 3});
    const [first] = copied.samples;
    for (let copy = 0; copy < 3; copy++)
      writeFileSync(join(copied.root, 'dotted', `copy${copy}.png`), readFileSync(first!.path));
    for (let i = 3; i < 6; i++)
      for (const name of ['plain', 'striped'])
        writeFileSync(
          join(copied.root, name, `${i}.png`),
          readFileSync(join(folder.root, name, `${i}.png`)),
        );
    const events: RunEvent[] = [];
    const refused = await rejectionOf(
      crossValidate(await loadImageFolder(copied.root), recipe(), 5, {
        onEvent: event => void events.push(event),
      }),
    );
    expect(refused).to.include({code: 'TOO_MANY_FOLDS', className: 'dotted', images: 6, groups: 3});
    expect(events.some(({type}) => type === 'phase' || type === 'split')).to.equal(false);
  });

  it('takes two folds at least, and a whole number of them', async () => {
    for (const folds of [1, 0, 2.5, NaN])
      expect(await rejectionOf(crossValidate(folder, recipe(), folds))).to.include({exitCode: 2});
  });

  it('is refused next to a fold alone', async () => {
    expect(await rejectionOf(crossValidate(folder, {...recipe(), fold: '1/3'}, 3))).to.include({
      exitCode: 2,
      message: '--fold 1/3 is one fold alone, and --folds is all of them. Leave out one.',
    });
  });
});
