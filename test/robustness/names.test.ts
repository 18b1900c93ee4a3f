import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {parsePathList} from '../../src/core/files/path-list.js';
import {inDirectory, runCaptured} from '../helpers/capture.js';
import {createRng} from '../../src/core/rng.js';
import {BACKEND, finetune, SMALL_RUN, type Ended} from '../helpers/program.js';
import {useBackend} from '../helpers/backend.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {documentOf} from '../helpers/expect-ended.js';

/** Clears a screen, rings, colors, turns text around, moves to another line. */
const EVIL = '\u001b[2J\u0007\u009b31m\u202e\u2066\u200b\r\n';
/** What no viewer may be given, but the line breaks of our own. */
const ACTS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/;
/** Our line breaks are never followed by what is behind that of a name. */
const BROKEN = /\nafter/;

const DATA = `data${EVIL}after`;
const CLASSES = [`ants${EVIL}after`, `bees${EVIL}after`];
const IMAGE = `image${EVIL}after`;

describe('names that act on a terminal', function () {
  this.timeout(300_000);
  useBackend();

  let cwd = '';
  before('draw images under such names', async () => {
    cwd = temporaryDirectory();
    for (const [label, name] of CLASSES.entries()) {
      mkdirSync(join(cwd, DATA, name), {recursive: true});
      for (let i = 0; i < 12; i++) {
        // The first is of one color, which check has on its list.
        const stream = createRng(`image ${label}`, i);
        const pixels = Uint8Array.from({length: 40 * 40 * 3}, () =>
          i === 0 ? 90 : stream.integer(256),
        );
        const png = await sharp(pixels, {raw: {width: 40, height: 40, channels: 3}})
          .png()
          .toBuffer();
        writeFileSync(join(cwd, DATA, name, `${IMAGE}${i}.png`), png);
      }
    }
    writeFileSync(join(cwd, DATA, CLASSES[0]!, `broken${EVIL}after.png`), 'no image');
    writeFileSync(join(cwd, DATA, `beside${EVIL}after.txt`), 'notes');
    writeFileSync(join(cwd, `list${EVIL}after`), `${CLASSES[0]!}/none.png\n`);
  });

  function expectHarmless(what: string, text: string): void {
    expect(text, what).not.to.match(ACTS);
    // A line break is a blank in HTML.
    if (!what.endsWith('.html')) expect(text, what).not.to.match(BROKEN);
  }

  async function run(exitCode: number, ...args: string[]): Promise<Ended> {
    const ended = await finetune(args, {cwd});
    expect(ended.code, ended.stderr).to.equal(exitCode);
    expectHarmless('standard output', ended.stdout);
    expectHarmless('standard error', ended.stderr);
    return ended;
  }

  const expectFiles = (folder: string, names: readonly string[]): void =>
    names.forEach(name => expectHarmless(name, readFileSync(join(folder, name), 'utf8')));

  it('reach none from check, nor a page of it; the list of files is right all the same', async () => {
    await run(0, 'check', DATA);
    await run(0, 'check', DATA, '--verbose', '--html', 'check.html', '--write-exclude', 'fix.txt');
    const {classes} = documentOf<{classes: string[]}>(await run(0, 'check', DATA, '--json'));
    expect(classes).to.deep.equal(CLASSES);
    expectFiles(cwd, ['check.html', 'fix.txt']);
    expect(parsePathList(readFileSync(join(cwd, 'fix.txt'), 'utf8'))).to.include(
      `${CLASSES[0]}/${IMAGE}0.png`,
    );
    await run(0, 'check', DATA, '--exclude', 'fix.txt', '--verbose');
  });

  it('reach none from a run, nor a file of it that people open', async () => {
    const out = `runs/run${EVIL}after`;
    const trained = await run(0, DATA, ...SMALL_RUN, '--out', out, '--verbose');
    expect(trained.stderr).to.include('image');
    await run(0, DATA, ...SMALL_RUN, '--json', '--out', 'runs/other');
    const files = ['recipe.json', 'environment.json', 'split.json', 'metrics.json', 'report.html'];
    expectFiles(join(cwd, out), files);
    expectFiles(join(cwd, out, 'model'), [
      'labels.txt',
      'metadata.json',
      'finetune.json',
      'README.md',
      'model.json',
    ]);
    const {classes} = JSON.parse(readFileSync(join(cwd, out, 'model/finetune.json'), 'utf8')) as {
      classes: string[];
    };
    expect(classes).to.deep.equal(CLASSES);
    expect(
      readFileSync(join(cwd, out, 'model/labels.txt'), 'utf8')
        .trimEnd()
        .split('\n'),
    ).to.have.lengthOf(2);
    await run(0, 'evaluate', out, '--data', DATA, ...BACKEND);
    await run(0, 'evaluate', out, '--data', DATA, ...BACKEND, '--json');
    const predicted = await run(
      1,
      'predict',
      out,
      DATA,
      `${DATA}/${CLASSES[0]}/broken${EVIL}after.png`,
      ...BACKEND,
    );
    expect(predicted.stdout.trimEnd().split('\n')).to.have.lengthOf(24);
    await run(
      1,
      'predict',
      out,
      `${DATA}/${CLASSES[0]}/broken${EVIL}after.png`,
      ...BACKEND,
      '--json',
    );
    // Without a model, the newest one is named.
    await run(0, 'predict', `${DATA}/${CLASSES[1]}/${IMAGE}3.png`, ...BACKEND);
  });

  it('reach none from the other commands', async () => {
    await run(0, 'preview', DATA, '--out', `sheet${EVIL}after.png`, '--images', '3');
    await run(0, 'init', `recipe${EVIL}after.jsonc`);
    expectHarmless('recipe', readFileSync(join(cwd, `recipe${EVIL}after.jsonc`), 'utf8'));
    await run(2, 'init', `recipe${EVIL}after.jsonc`);
    await run(2, 'demo', DATA);
  });

  const REFUSED: readonly (readonly [
    what: string,
    exitCodes: readonly number[],
    args: readonly string[],
  ])[] = [
    ['a folder that is not there', [3], ['check', `nowhere${EVIL}after`]],
    ['data that is not there', [3], [`nowhere${EVIL}after`]],
    ['a class that is not there', [2, 3], [DATA, '--classes', `${CLASSES[0]},nobody${EVIL}after`]],
    ['an unknown flag', [2], [`--flag${EVIL}after`]],
    ['a value that cannot be taken', [2], [DATA, '--arch', `resnet${EVIL}after`]],
    ['a stray word', [2], ['check', DATA, `word${EVIL}after`]],
    ['a recipe that is not there', [2], [DATA, '--recipe', `nowhere${EVIL}after`]],
    ['a recipe that is none', [2], [DATA, '--recipe', `list${EVIL}after`]],
    ['a list that is not there', [2], ['check', DATA, '--exclude', `nowhere${EVIL}after`]],
    ['a run that is not there', [2], ['--resume', `nowhere${EVIL}after`]],
    ['a model that is not there', [1, 2], ['predict', `nowhere${EVIL}after`, DATA]],
    ['images that are not there', [1, 2], ['predict', 'runs/other', `nowhere${EVIL}after`]],
    [
      'weights that are not there',
      [1, 2],
      [DATA, '--weights', `nowhere${EVIL}after.pth`, ...BACKEND],
    ],
    ['weights that are none', [1, 2], [DATA, '--weights', `list${EVIL}after`, ...BACKEND]],
    ['a document that is none', [2], ['schema', `word${EVIL}after`]],
    ['a task that is none', [2], ['backend', `word${EVIL}after`]],
    [
      'a page below what is no folder',
      [1, 2],
      ['check', DATA, '--html', `list${EVIL}after/page.html`],
    ],
  ];
  for (const [what, exitCodes, args] of REFUSED) {
    it(`reach none in the error of ${what}, with or without --json`, async () => {
      for (const more of [[], ['--json'], ['--verbose']]) {
        const ended = await inDirectory(cwd, () => runCaptured([...args, ...more]));
        expect(exitCodes, ended.stderr).to.include(ended.exitCode);
        expectHarmless('standard output', ended.stdout);
        expectHarmless('standard error', ended.stderr);
      }
    });
  }

  it('stay as they are on the disk', () => {
    expect(readdirSync(join(cwd, DATA))).to.include.members(CLASSES);
  });
});
