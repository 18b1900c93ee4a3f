import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Finding} from '../../src/core/finding.js';
import {BACKEND, finetune, SMALL_RUN, type Ended} from '../helpers/program.js';
import {truncatedImages} from '../fixtures/broken-images.js';
import {
  cutFolder,
  emptyFolders,
  hostileFolder,
  hostileNames,
  type HostileFolder,
} from '../fixtures/hostile-folder.js';
import {useBackend} from '../helpers/backend.js';
import {besidesSize} from '../helpers/findings.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {treeHash} from '../helpers/tree-hash.js';
import {documentOf, expectEnded, expectSentence} from '../helpers/expect-ended.js';

interface Checked {
  readonly usable: boolean;
  readonly classes: readonly string[];
  readonly perClass: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly images: {readonly found: number; readonly readable: number};
  readonly findings: readonly Finding[];
}

interface Trained {
  readonly classes: readonly string[];
  readonly findings: readonly Finding[];
}

interface SplitFile extends Readonly<
  Record<'train' | 'validation' | 'test' | 'skipped', readonly {readonly name: string}[]>
> {}

const filesOf = (findings: readonly Finding[], code: string): string[] =>
  findings.filter(finding => finding.code === code).flatMap(({files}) => files);

/** Names of the images of each part, and of what was left out. */
function namesIn(run: string): Readonly<Record<keyof SplitFile, readonly string[]>> {
  const {train, validation, test, skipped} = JSON.parse(
    readFileSync(join(run, 'split.json'), 'utf8'),
  ) as SplitFile;
  const names = (entries: readonly {readonly name: string}[]): string[] =>
    entries.map(({name}) => name);
  return {
    train: names(train),
    validation: names(validation),
    test: names(test),
    skipped: names(skipped),
  };
}

describe('a hostile folder', function () {
  this.timeout(300_000);
  useBackend();

  let cwd = '';
  before(() => {
    cwd = temporaryDirectory();
  });
  const run = (...args: string[]): Promise<Ended> => finetune(args, {cwd});
  const train = (data: string, out: string): Promise<Ended> =>
    run('--data', data, ...SMALL_RUN, '--last-stage', '1', '--out', out, '--json');

  describe('with everything in it', () => {
    let [folder, hash]: [HostileFolder | undefined, string] = [undefined, ''];
    before(async () => {
      folder = await hostileFolder(join(cwd, 'everything'));
      hash = treeHash(folder.root);
    });
    after(() => folder?.close());
    afterEach(() => expect(treeHash(folder!.root), 'the dataset').to.equal(hash));

    function expectFindings(findings: readonly Finding[]): void {
      expect(filesOf(findings, 'unreadable-image')).to.have.members(folder!.unreadable);
      expect(filesOf(findings, 'not-an-image')).to.deep.equal(['plain/notes.txt']);
      expect(filesOf(findings, 'special-file')).to.have.members([
        'odd/link-to-pipe.png',
        'odd/pipe.png',
        'odd/s.jpg',
      ]);
      expect(filesOf(findings, 'broken-symlink')).to.have.members([
        'odd/dangling.jpg',
        'odd/loop.gif',
      ]);
      expect(filesOf(findings, 'external-symlink')).to.deep.equal(['odd/zeros.png']);
      expect(filesOf(findings, 'duplicate-symlink')).to.deep.equal(['odd/up.jpg']);
      expect(filesOf(findings, 'hidden')).to.have.members(['..data/', 'plain/._1.png']);
      expect(filesOf(findings, 'unlabeled')).to.deep.equal(['beside.png']);
    }

    it('is checked to the end', async () => {
      const ended = await run('check', folder!.root, '--json');
      expectEnded(ended, 0);
      const {usable, images, findings} = documentOf<Checked>(ended);
      expect(usable).to.equal(true);
      expect(images.readable).to.equal(280 + folder!.readable.length + folder!.rawNamed.length);
      expectFindings(findings);
    });

    it('is trained on, and excludes nothing silently', async () => {
      const ended = await train(folder!.root, 'runs/everything');
      expectEnded(ended, 0);
      expectFindings(documentOf<Trained>(ended).findings);
      const {train: trained, validation, skipped} = namesIn(join(cwd, 'runs/everything'));
      expect([...trained, ...validation]).to.have.length(
        280 + folder!.readable.length + folder!.rawNamed.length,
      );
      expect([...trained, ...validation]).to.include.members([
        ...folder!.readable,
        ...folder!.rawNamed,
      ]);
      expect(folder!.unreadable).to.include.members(skipped);
    });

    it('is evaluated', async () => {
      const ended = await run(
        'evaluate',
        'runs/everything/model',
        '--data',
        folder!.root,
        ...BACKEND,
        '--json',
      );
      expectEnded(ended, 0);
      const {findings, metrics} = documentOf<
        Trained & {readonly metrics: {readonly numImages: number}}
      >(ended);
      expectFindings(findings);
      expect(metrics.numImages).to.equal(280 + folder!.readable.length + folder!.rawNamed.length);
    });

    it('is predicted file by file: what is no image is told, the others are classified', async () => {
      const ended = await run(
        'predict',
        'runs/everything/model',
        join(folder!.root, '*/*'),
        ...BACKEND,
        '--json',
      );
      expectEnded(ended, 1);
      const {images, unreadable} =
        documentOf<Record<'images' | 'unreadable', readonly {readonly image: string}[]>>(ended);
      expect(images).to.have.length(280 + folder!.readable.length);
      const reported = unreadable.map(({image}) => image.slice(folder!.root.length + 1));
      expect(reported).to.include.members([
        'odd/dangling.jpg',
        'odd/loop.gif',
        'odd/pipe.png',
        'odd/s.jpg',
        'odd/zeros.png',
        'odd/up.jpg',
      ]);
      expect(reported).to.include.members(folder!.unreadable);
    });

    it('predicts no pipe, device or folder link that is named, without waiting for it', async () => {
      for (const [name, reason] of [
        ['odd/pipe.png', /pipe\.png cannot be read: it is neither a file nor a folder\. /],
        ['odd/zeros.png', /zeros\.png cannot be read: it is neither a file nor a folder\. /],
        [
          'plain/drawing.png',
          /drawing\.png cannot be read: SVG is not supported; save it as PNG\. /,
        ],
      ] as const) {
        expectSentence(
          await run('predict', 'runs/everything/model', join(folder!.root, name), ...BACKEND),
          1,
          reason,
        );
      }
    });
  });

  it('with hostile names has a class for each, in every command', async () => {
    const root = join(cwd, 'names');
    const classes = (await hostileNames(root)).map(name => name.normalize('NFC'));
    const hash = treeHash(root);
    const checked = await run('check', root, '--json');
    expectEnded(checked, 0);
    expect(documentOf<Checked>(checked).classes).to.have.members(classes);
    for (const name of classes)
      expect(documentOf<Checked>(checked).perClass[name], name).to.deep.equal({images: 3});

    const trained = await train(root, 'runs/names');
    expectEnded(trained, 0);
    const {metrics} = documentOf<{metrics: {validation: {perClass: object; numImages: number}}}>(
      trained,
    );
    expect(Object.keys(metrics.validation.perClass)).to.have.members(classes);
    expect(metrics.validation.numImages).to.equal(classes.length);
    expect(
      readFileSync(join(cwd, 'runs/names/model/labels.txt'), 'utf8').trimEnd().split('\n'),
    ).to.have.length(classes.length);
    expect(readFileSync(join(cwd, 'runs/names/report.html'), 'utf8')).not.to.include(
      '<script>alert',
    );

    const predicted = await run('predict', 'runs/names/model', root, ...BACKEND);
    expectEnded(predicted, 0);
    expect(predicted.stdout.trimEnd().split('\n')).to.have.length(3 * classes.length);
    // Nothing reaches a terminal that could move its cursor or turn its text.
    expect(predicted.stdout).not.to.match(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const evaluated = await run(
      'evaluate',
      'runs/names/model',
      '--data',
      root,
      ...BACKEND,
      '--json',
    );
    expectEnded(evaluated, 0);
    expect(
      Object.keys(documentOf<{metrics: {perClass: object}}>(evaluated).metrics.perClass),
    ).to.have.members(classes);
    expect(treeHash(root), 'the dataset').to.equal(hash);
  });

  it('of images that are cut off is refused, each named', async () => {
    const root = join(cwd, 'cut');
    await cutFolder(root);
    const hash = treeHash(root);
    const {size} = await truncatedImages();
    const sentence = new RegExp(
      `^error ${size} of ${size + 20} images of class cut cannot be read, such as `,
    );
    const checked = await run('check', root, '--json');
    expectEnded(checked, 3);
    expect(filesOf(documentOf<Checked>(checked).findings, 'unreadable-image')).to.have.length(size);
    expectSentence(await run('check', root), 3, sentence);
    expectSentence(await train(root, 'runs/cut'), 3, sentence);
    expect(treeHash(root), 'the dataset').to.equal(hash);
  });

  it('of 5,000 empty folders is refused, or looked through', async () => {
    await emptyFolders(join(cwd, 'empty'), 5000);
    expectSentence(
      await run('check', 'empty'),
      3,
      /^error Class empty 0 has no images in .*0\. Add images/,
    );
    await emptyFolders(join(cwd, 'full'), 5000, 'a');
    const ended = await run('check', 'full', '--json');
    expectEnded(ended, 0);
    const {findings, ...checked} = documentOf<Checked>(ended);
    expect(checked).to.deep.include({classes: ['a', 'b'], images: {found: 8, readable: 8}});
    expect(besidesSize(findings)).to.deep.equal([]);
  });
});
