import {readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {expect} from 'chai';
import type {Finding} from '../../src/core/finding.js';
import type {ImageCounts} from '../../src/finetune/evaluate.js';
import {BACKEND, finetune, SMALL_RUN, type Ended} from '../helpers/program.js';
import {messyFolder} from '../fixtures/messy-folder.js';
import {useBackend} from '../helpers/backend.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {documentOf, expectEnded} from '../helpers/expect-ended.js';

interface Report {
  readonly findings: readonly Finding[];
}

interface Entries extends Readonly<
  Record<'train' | 'validation' | 'test' | 'skipped', readonly {readonly name: string}[]>
> {}

/** Everything below a folder that is no folder, by its path from there. */
const filesBelow = (root: string): string[] =>
  readdirSync(root, {recursive: true, withFileTypes: true})
    .filter(entry => !entry.isDirectory())
    .map(({parentPath, name}) => relative(root, join(parentPath, name)));

/** Files that findings report as skipped, once per finding, with the code. */
const tellSkipped = ({findings}: Report): [name: string, code: string][] =>
  findings
    .filter(({message}) => /^Skipped |skipped\.$/.test(message))
    .flatMap(({code, files, exclude}) =>
      (code === 'exact-duplicates-across-splits' ? exclude! : files).map(
        name => [name, code] as [string, string],
      ),
    );

const codesOf = (reported: Report): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const [, code] of tellSkipped(reported)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
};

const namesOf = (entries: readonly {readonly name: string}[]): string[] =>
  entries.map(({name}) => name);

describe('a messy folder', function () {
  this.timeout(300_000);
  useBackend();

  const cwd = temporaryDirectory();
  const root = join(cwd, 'messy');
  const run = (...args: string[]): Promise<Ended> => finetune(args, {cwd});
  const train = (out: string, ...more: string[]): Promise<Ended> =>
    run('--data', root, ...SMALL_RUN, '--last-stage', '1', '--out', out, '--json', ...more);
  let files: readonly string[] = [];
  before(async () => {
    await messyFolder(root);
    files = filesBelow(root);
    expectEnded(await train('run'), 0);
  });

  /** Every file is in one part, or left out for one reason. */
  async function expectAccount(out: string, reported: Report): Promise<Entries> {
    const split = JSON.parse(readFileSync(join(cwd, out, 'split.json'), 'utf8')) as Entries;
    const gone = tellSkipped(reported).map(([name]) => name);
    expect([
      ...namesOf([...split.train, ...split.validation, ...split.test]),
      ...gone,
    ]).to.have.members(files as string[]);
    expect(gone).to.include.members(namesOf(split.skipped));
    return split;
  }

  it('is trained on: every file is in one part of split.json, or left out for one reason', async () => {
    const reported = JSON.parse(
      readFileSync(join(cwd, 'run', 'metrics.json'), 'utf8'),
    ) as Report & {
      readonly metrics: {readonly validation: {readonly numImages: number}};
    };
    const {validation} = await expectAccount('run', reported);
    expect(reported.metrics.validation.numImages).to.equal(validation.length);
    expect(codesOf(reported)).to.include({
      'unreadable-image': 3,
      'not-an-image': 2,
      'broken-symlink': 1,
      hidden: 1,
      'exact-duplicates-across-splits': 2,
    });
  });

  it('is trained on in part: what a limit and a list leave out is told too', async () => {
    const ended = await train('few', '--max-per-class', '9');
    expectEnded(ended, 0);
    await expectAccount('few', documentOf<Report>(ended));
    expect(codesOf(documentOf<Report>(ended))['over-limit']).to.be.above(20);
  });

  it('is evaluated: what was not measured is named, counted and adds up', async () => {
    const args = ['evaluate', 'run/model', '--data', root, ...BACKEND];
    const ended = await run(...args, '--json');
    expectEnded(ended, 0);
    const reported = documentOf<
      Report & {readonly images: ImageCounts; readonly metrics: {readonly numImages: number}}
    >(ended);
    const {found, evaluated: measured, ...others} = reported.images;
    expect(measured).to.equal(reported.metrics.numImages).and.to.equal(29);
    expect(found).to.equal(measured + others.unreadable + others.unknownClass + others.otherSplits);
    const codes = codesOf(reported);
    expect(others.unreadable).to.equal(codes['unreadable-image']).and.to.equal(2);
    const elsewhere = tellSkipped(reported).filter(
      ([, code]) => code !== 'unreadable-image',
    ).length;
    expect(found + elsewhere).to.equal(files.length);
    expect((await run(...args)).stdout).to.match(
      /skipped +\d+ of \d+ images: 2 that cannot be read and \d+ of other splits of\s+the folder\./,
    );
  });

  it('is evaluated with classes of its own: images of classes the exported model does not know are named', async () => {
    const ended = await run(
      'evaluate',
      'run/model',
      '--data',
      join(root, 'val'),
      ...BACKEND,
      '--json',
    );
    expectEnded(ended, 0);
    const reported = documentOf<Report & {readonly images: ImageCounts}>(ended);
    expect(reported.images).to.deep.equal({
      found: 32,
      evaluated: 29,
      unreadable: 2,
      unknownClass: 1,
      otherSplits: 0,
    });
    const unknown = reported.findings.find(({code}) => code === 'unknown-class');
    expect(unknown!.files).to.deep.equal(['strange/😀 \n"1".png']);
  });

  it('is predicted: every file has a prediction, a reason why it cannot be read, or a finding', async () => {
    const ended = await run('predict', 'run/model', root, ...BACKEND, '--json');
    expectEnded(ended, 1);
    const {found, images, unreadable, findings} = documentOf<
      Report &
        Record<'images' | 'unreadable', readonly {readonly image: string}[]> & {
          readonly found: number;
        }
    >(ended);
    const read = [...images, ...unreadable].map(({image}) => image);
    expect(read).to.have.length(found);
    const reported = [...read, ...tellSkipped({findings}).map(([name]) => name)].map(path =>
      relative(root, path),
    );
    expect(reported).to.have.members(files as string[]);
    expect(unreadable).to.have.length(3);
    expect(ended.stderr).to.include(`skipped    3 of ${found} images: 3 that cannot be read.`);
  });
});
