import {chmodSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {drawImages, finetune, type Ended} from '../helpers/program.js';
import {giveTo, mereUserOrSkip} from '../helpers/other-user.js';
import {besidesSize} from '../helpers/findings.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {documentOf, expectEnded, expectSentence} from '../helpers/expect-ended.js';

/** Without TensorFlow, which may lie where only its owner looks. */
const SMALL_RUN = [
  ...['--backend', 'wasm', '--arch', 'resnet18', '--last-stage', '1', '--weights', 'none'],
  ...['--image-size', '32', '--freeze', 'probe', '--views', '0', '--epochs', '1'],
];

interface Document {
  readonly findings: readonly {readonly code: string; readonly files: readonly string[]}[];
}

describe('what may not be read or written', function () {
  this.timeout(120_000);

  let [user, cwd]: [number | undefined, string] = [undefined, ''];
  const closed: string[] = [];

  before(async function () {
    user = await mereUserOrSkip(this);
    cwd = temporaryDirectory();
    await drawImages(cwd, 12);
    mkdirSync(join(cwd, 'images/crab/more'));
    if (user !== undefined) giveTo(user, cwd);
  });
  // Else nobody could clear them away.
  afterEach(() => closed.splice(0).forEach(path => chmodSync(path, 0o755)));

  function close(name: string, mode = 0): void {
    chmodSync(join(cwd, name), mode);
    closed.push(join(cwd, name));
  }

  const run = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    finetune(args, {
      cwd,
      environment: {HOME: cwd, FINETUNE_CACHE: join(cwd, 'cache'), ...environment},
      ...(user !== undefined && {user}),
    });
  const train = (out: string, ...more: string[]): Promise<Ended> =>
    run(['--data', 'images', ...SMALL_RUN, '--out', out, ...more]);

  it('an image is left out', async () => {
    close('images/crab/crab-001.jpg');
    const checked = await run(['check', 'images', '--json']);
    expectEnded(checked, 0);
    expect(
      besidesSize(documentOf<Document>(checked).findings).map(({code, files}) => [code, files]),
    ).to.deep.equal([['unreadable-image', ['crab/crab-001.jpg']]]);
    const trained = await train('runs/first', '--json');
    expectEnded(trained, 0);
    expect(documentOf<Document>(trained).findings[0]!.files).to.deep.equal(['crab/crab-001.jpg']);
    const sentence = /crab-001\.jpg cannot be read: it cannot be opened \(EACCES\)\./;
    const image = 'images/crab/crab-001.jpg';
    expectSentence(
      await run(['predict', 'runs/first/model', image, '--backend', 'wasm']),
      1,
      sentence,
    );
  });

  it('a class, a list and an archive are refused, with what to do', async () => {
    writeFileSync(join(cwd, 'list.csv'), 'path,label\n');
    writeFileSync(join(cwd, 'pets.zip'), 'PK');
    for (const name of ['images/crab', 'list.csv', 'pets.zip']) close(name);
    for (const [name, sentence] of [
      [
        'images',
        /crab \(it is a folder without read permission\)\. Allow reading it, or remove the class\./,
      ],
      ['list.csv', /^error .*list\.csv cannot be read: permission is denied\.$/],
      ['pets.zip', /^error pets\.zip cannot be opened: permission is denied\. Allow reading it\./],
    ] as const) {
      expectSentence(await run(['check', name]), 3, sentence);
    }
  });

  it('a folder in a class is told', async () => {
    close('images/crab/more');
    const checked = await run(['check', 'images', '--json']);
    expectEnded(checked, 0);
    expect(besidesSize(documentOf<Document>(checked).findings)).to.deep.equal([
      {
        code: 'unreadable-folder',
        severity: 'warning',
        message: 'Skipped crab/more/: it is a folder without read permission.',
        files: ['crab/more/'],
      },
    ]);
  });

  it('what systems keep to themselves is no part of it', async () => {
    for (const name of [
      'lost+found',
      'System Volume Information',
      '$RECYCLE.BIN',
      'fish/@eaDir',
      '.Trash-1000',
    ]) {
      mkdirSync(join(cwd, 'images', name));
      close(join('images', name));
    }
    const checked = await run(['check', 'images', '--json']);
    expectEnded(checked, 0);
    expect(besidesSize(documentOf<Document>(checked).findings)).to.deep.equal([]);
  });

  it('a class, or the folder itself, is not trained without', async () => {
    close('images/fish');
    const sentence =
      /^error Class fish has no images in .* that can be read, such as .*fish \(it is a folder without read permission\)\./;
    expectSentence(await run(['check', 'images']), 3, sentence);
    expectSentence(await train('runs/never'), 3, sentence);
    close('images');
    const root = /^error .*images is a folder without read permission\. Allow reading it\.$/;
    expectSentence(await run(['check', 'images']), 3, root);
    expectSentence(await train('runs/never'), 3, root);
    expect(existsSync(join(cwd, 'runs/never'))).to.equal(false);
  });

  it('a place for the run ends it in a sentence', async () => {
    mkdirSync(join(cwd, 'locked'));
    close('locked', 0o555);
    if (user !== undefined) giveTo(user, join(cwd, 'locked'));
    expectSentence(
      await train('locked/run'),
      1,
      /^error .*locked\/run: permission is denied\. Choose another place \(--out; .*\), or make it writable\.$/,
    );
  });

  it('a model keeps its threshold of unknown images, before anything is measured', async () => {
    const model = 'runs/first/model';
    close(model, 0o555);
    expectSentence(
      await run([
        ...['evaluate', model, '--data', 'images', '--backend', 'wasm'],
        ...['--unknown', 'images/crab', '--set-unknown-threshold'],
      ]),
      2,
      /^error The threshold of runs\/first\/model cannot be changed: permission is denied\. Make the folder writable, or set the threshold of a copy\.$/,
    );
  });

  it('a cache ends no run, also none that needs one', async () => {
    mkdirSync(join(cwd, 'cache-locked'));
    close('cache-locked', 0o555);
    if (user !== undefined) giveTo(user, join(cwd, 'cache-locked'));
    const environment = {FINETUNE_CACHE: join(cwd, 'cache-locked')};
    const args = ['--data', 'images', ...SMALL_RUN];
    expectEnded(await run([...args, '--out', 'runs/without'], environment), 0);
    const needs = await run(
      [...args, '--out', 'runs/with', '--cache-memory', '0.00001'],
      environment,
    );
    expectEnded(needs, 0);
    expect(needs.stderr.replaceAll(/\s+/g, ' ')).to.match(
      /1 MiB of decoded images cannot be kept at \S+ \(permission is denied\), so they are decoded again/,
    );
  });
});
