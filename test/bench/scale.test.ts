import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {makeImages} from '../../bench/make-images.js';
import {checkImages} from '../../src/datasets/inspection/check.js';
import {loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import {besidesSize} from '../helpers/findings.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const compiled = (name: string): string =>
  fileURLToPath(new URL(`../../bench/${name}.js`, import.meta.url));
const run = (name: string, ...args: readonly string[]): Promise<{stdout: string}> =>
  promisify(execFile)(process.execPath, [compiled(name), ...args]);

/** The files of a drawn set by name. */
async function drawn(seed: number): Promise<Map<string, string>> {
  const directory = temporaryDirectory();
  await makeImages({directory, images: 30, classes: 3, side: 64, seed});
  const {samples} = await loadImageFolder(directory);
  return new Map(samples.map(({name, path}) => [name, readFileSync(path, 'base64')]));
}

describe('the drawn image sets', () => {
  it('hold no file twice, the same files for the same seed', async () => {
    const [one, again, other] = [await drawn(1), await drawn(1), await drawn(2)];
    expect(one.size).to.equal(30);
    expect(new Set(one.values()).size).to.equal(30);
    expect(again).to.deep.equal(one);
    expect([...other.values()].filter(file => new Set(one.values()).has(file))).to.deep.equal([]);
  });

  it('are drawn by a command, and can be trained on', async () => {
    const directory = join(temporaryDirectory(), 'set');
    await run('make-images', directory, '--images', '20', '--classes', '2', '--side', '32');
    const folder = await loadImageFolder(directory);
    expect(folder.samples.map(({label}) => label).filter(label => label === 0)).to.have.length(10);
    const {readable, findings, error} = await checkImages(folder);
    expect([
      readable.length,
      besidesSize(findings).filter(({severity}) => severity !== 'note'),
      error,
    ]).to.deep.equal([20, [], undefined]);
  });
});

describe('the measurement of scale', () => {
  it('tells time and memory of every stage and size', async () => {
    const work = temporaryDirectory();
    const lines = (await run('scale', '--sizes', '400', '--work', work)).stdout.trim().split('\n');
    const rows = lines
      .filter(line => line.startsWith('|'))
      .map(line => line.split('|').map(cell => cell.trim()));
    expect(rows.map(row => row[1])).to.deep.equal([
      ...[
        'stage',
        '---',
        'list',
        'check',
        'split',
        'first epoch',
        'later epoch',
        '**list + check**',
      ],
    ]);
    for (const [, , cell] of rows.slice(2))
      expect(cell).to.match(/^\d+\.\d+ s \(\d+\.\d CPU\), [\d,]+\/s, \d+ MiB( \([+-]\d+\))?$/);
  }).timeout(120_000);
});
