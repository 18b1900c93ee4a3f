import {expect} from 'chai';
import {parse} from 'csv-parse/sync';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import sharp from 'sharp';
import {ImageExplainer} from '../../../../src/cli/commands/predict/explain-images.js';
import {explanationName} from '../../../../src/cli/commands/predict/explanation-name.js';
import {PredictionOutput} from '../../../../src/cli/commands/predict/prediction-output.js';
import {UsageError} from '../../../../src/core/errors.js';
import {loadModel} from '../../../../src/export/load-model.js';
import {useBackend} from '../../../helpers/backend.js';
import {capture, inDirectory, runCaptured, type CommandOutput} from '../../../helpers/capture.js';
import {differentMembers, exportedMember} from '../../../helpers/ensembles.js';
import {noisy, writeTree} from '../../../helpers/images.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';

const classified = (image: string, className: string, probability: number, isUnknown = false) => ({
  image,
  isUnknown,
  predictions: [{className, probability}],
});

describe('the name of an image with its activation map', () => {
  it('has the image, the class and the percentage', () => {
    expect(explanationName(classified('new/bee.1.jpg', 'ants', 0.974))).to.equal('bee.1.ants-97');
    expect(explanationName(classified('dog.png', 'ants', 0.5, true))).to.equal(
      'dog.unknown-ants-50',
    );
    expect(explanationName(classified('-', 'ants', 0.5))).to.equal('standard-input.ants-50');
  });

  it('says 100 only for certainty', () => {
    expect(explanationName(classified('a.jpg', 'x', 0.9999))).to.equal('a.x-99');
    expect(explanationName(classified('a.jpg', 'x', 1))).to.equal('a.x-100');
    expect(explanationName(classified('a.jpg', 'x', 0.001))).to.equal('a.x-0');
  });

  it('is a name on any system, however long or odd the class is', () => {
    expect(explanationName(classified('a.jpg', '../up: <x>', 0.5))).to.equal('a..._up_ _x_-50');
    expect(explanationName(classified('caf\udce9.jpg', '', 0.5))).to.equal('caf_xe9._-50');
    const long = explanationName(classified(`${'猫'.repeat(80)}.jpg`, '花'.repeat(80), 0.5));
    expect(long).to.equal(`${'猫'.repeat(40)}.${'花'.repeat(26)}-50`);
  });
});

describe('predict --explain', function () {
  this.timeout(240_000);
  useBackend();
  let model: string;
  let images: Record<string, Buffer>;
  before('export a model', async () => {
    model = await exportedMember('model');
    images = {
      'a/x.png': await noisy(1, 60, 40).png().toBuffer(),
      'b/x.png': await noisy(1, 40, 60).png().toBuffer(),
    };
  });

  /** Runs in a new folder with the two images in `new`. */
  const explained = (
    use: (predict: (...args: string[]) => Promise<CommandOutput>) => Promise<void>,
  ): Promise<void> =>
    inDirectory(temporaryDirectory(), async () => {
      writeTree('new', images);
      await use((...args) => runCaptured(['predict', ...args]));
    });

  it('writes each image under a name of its own, and says so', () =>
    explained(async predict => {
      const found = await predict(model, 'new', '--explain', 'deep/maps', '--format', 'csv');
      expect(found.exitCode, found.stderr).to.equal(0);
      expect(found.stderr).to.match(/^2 images: .*\nImages with activation maps: deep\/maps\n/m);
      const rows: Record<string, string>[] = parse(found.stdout, {columns: true});
      expect(rows.map(({image}) => image)).to.deep.equal(['new/a/x.png', 'new/b/x.png']);
      const paths = rows.map(({explanation}) => explanation!);
      expect(new Set(paths)).to.have.lengthOf(2);
      expect(paths.map(path => path.slice('deep/maps/'.length)).sort()).to.deep.equal(
        readdirSync('deep/maps').sort(),
      );
      for (const [i, size] of [
        {width: 256, height: 171},
        {width: 171, height: 256},
      ].entries())
        expect(await sharp(paths[i]).metadata()).to.include({...size, format: 'jpeg'});
      // The images themselves stay as they are.
      expect(readFileSync('new/a/x.png').equals(images['a/x.png']!)).to.equal(true);
    }));

  it('overwrites nothing, and writes nothing twice', () =>
    explained(async predict => {
      const options = ['new/a', '--explain', 'maps', '--json'];
      const pathOf = async (): Promise<string> => {
        const {stdout} = await predict(model, ...options);
        return (JSON.parse(stdout) as {images: {explanation: string}[]}).images[0]!.explanation;
      };
      const first = await pathOf();
      expect(await pathOf()).to.equal(first);
      writeFileSync(first, 'a file of the user');
      expect(await pathOf()).to.equal(first.replace('.jpg', '-2.jpg'));
      expect(readFileSync(first, 'utf8')).to.equal('a file of the user');
      expect(readdirSync('maps')).to.have.lengthOf(2);
    }));

  it('writes next to a folder that has its name', () =>
    explained(async predict => {
      const {stdout} = await predict(model, 'new/a', '--explain', 'maps', '--format', 'csv');
      const rows: {explanation: string}[] = parse(stdout, {columns: true});
      const {explanation} = rows[0]!;
      rmSync(explanation);
      mkdirSync(explanation);
      const again = await predict(model, 'new/a', '--explain', 'maps', '--format', 'csv');
      expect(again.exitCode, again.stderr).to.equal(0);
      expect(again.stdout).to.include(explanation.replace('.jpg', '-2.jpg'));
    }));

  it('works next to --sort, in JSON Lines, and skips damaged images', () =>
    explained(async predict => {
      writeTree('new', {'c.jpg': 'no image'});
      const args = ['new', '--explain', 'maps', '--sort', 'sorted', '--format', 'jsonl'];
      const found = await predict(model, ...args);
      expect(found.exitCode).to.equal(1);
      expect(found.stderr).to.match(/error new\/c\.jpg cannot be read/);
      const documents = found.stdout.trim().split('\n').map(line => JSON.parse(line) as {explanation: string}); // prettier-ignore
      expect(documents.map(({explanation}) => explanation.slice(5)).sort()).to.deep.equal(
        readdirSync('maps').sort(),
      );
      expect(readdirSync('sorted', {recursive: true}).filter(name => String(name).endsWith('.png'))).to.have.lengthOf(2); // prettier-ignore
    }));

  it('takes the mean of the maps of an ensemble', () =>
    explained(async predict => {
      const members = await differentMembers();
      const found = await predict(...members, 'new/a', '--explain', 'maps', '--tta', 'flip');
      expect(found.exitCode, found.stderr).to.equal(0);
      expect(readdirSync('maps')).to.have.lengthOf(1);
    }));

  it('refuses a folder that cannot be created, before it classifies', () =>
    explained(async predict => {
      writeFileSync('taken', '');
      const {exitCode, stderr} = await predict(model, 'new', '--explain', 'taken');
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/^error The folder taken cannot be created \(--explain\): .*\. Choose another one\.$/m); // prettier-ignore
    }));

  it('creates no folder where there is no image', () =>
    explained(async predict => {
      const {exitCode} = await predict(model, 'nowhere', '--explain', 'maps');
      expect(exitCode).to.not.equal(0);
      expect(existsSync('maps')).to.equal(false);
    }));

  it('refuses a folder inside of one that is read, and does not create it', () =>
    explained(async predict => {
      for (const flag of ['--explain', '--sort'])
        for (const source of [['--watch', 'new'], ['new']]) {
          const {exitCode, stderr} = await predict(model, ...source, flag, 'new/maps');
          expect(exitCode).to.equal(2);
          expect(stderr).to.equal(
            `error ${flag} new/maps is inside new, so its images would be classified again. Give a folder outside new.\n`,
          );
        }
      const {exitCode, stderr} = await predict(model, 'new', '--sort', model);
      expect(exitCode).to.equal(2);
      expect(stderr).to.include(`is inside ${model}, which is a model. Give a folder outside`);
      expect(existsSync('new/maps')).to.equal(false);
    }));

  it('explains what arrives in a watched folder, and goes on where an image is gone', () =>
    explained(async () => {
      const loaded = await loadModel(model);
      const [className] = loaded.classNames;
      const inputOf = (image: string) => ({...classified(image, className!, 0.5), source: image});
      const inputs = ['new/gone.png', 'new/a/x.png'].map(inputOf);
      const captured = capture();
      const context = {terminal: captured.terminal, signal: new AbortController().signal};
      writeTree('maps', {'gone.txt': ''});
      const explainer = new ImageExplainer('maps', loaded, context as never);
      const options = {format: 'csv', top: 1, explain: 'maps'} as const;
      const output = new PredictionOutput(options, [], captured.terminal, explainer);
      await output.add({classified: inputs, unreadable: []});
      expect(captured.stdout).to.equal(
        `image,unknown,class,probability,explanation\nnew/gone.png,false,${className},0.500000,\nnew/a/x.png,false,${className},0.500000,maps/x.${className}-50.jpg\n`,
      );
      expect(captured.stderr).to.match(/unreadable +new\/gone\.png: there is no such file/);
      const nowhere = new ImageExplainer('maps/gone.txt', loaded, context as never);
      const error = await rejectionOf(nowhere.add(inputs.slice(1)));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.match(
        /^x\..*-50\.jpg cannot be written to maps\/gone\.txt \(--explain\): .*\. Choose another folder\.$/,
      );
      loaded.dispose();
    }));
});
