import {execFileSync} from 'node:child_process';
import {symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {drawImages, finetune, MAIN, type Ended} from '../helpers/program.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {expectSentence} from '../helpers/expect-ended.js';

describe('an option that names a pipe or a device', function () {
  if (process.platform === 'win32') return;
  this.timeout(60_000);

  let cwd = '';
  before(async () => {
    cwd = temporaryDirectory();
    await drawImages(cwd, 12);
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    symlinkSync('/dev/zero', join(cwd, 'zeros'));
  });
  const run = (...args: string[]): Promise<Ended> => finetune(args, {cwd});

  for (const name of ['pipe', 'zeros']) {
    it(`ends in a sentence at once: ${name}`, async () => {
      const found = 'what is neither a file nor a folder';
      expectSentence(
        await run('check', 'images', '--exclude', name),
        2,
        new RegExp(`^error The list ${name} \\(--exclude\\) cannot be read: ${found}\\. `),
      );
      expectSentence(
        await run('--data', 'images', '--recipe', name),
        2,
        new RegExp(`^error Recipe ${name} cannot be read: ${found}\\. `),
      );
      const training = ['--backend', 'wasm', '--arch', 'resnet18', '--weights', name];
      expectSentence(
        await run('--data', 'images', ...training),
        1,
        new RegExp(`^error .*${name} cannot be read as weights: ${found}\\. `),
      );
    });
  }

  for (const list of ['list.csv', 'list.jsonl']) {
    it(`tells that ${list} cannot be read to its end`, async function () {
      if (process.platform !== 'linux') return this.skip();
      symlinkSync('/proc/self/mem', join(cwd, list)); // a file, of which no byte can be read
      const found = /^error .*list\..* cannot be read: the device reports an error\.$/;
      expectSentence(await run('check', list), 3, found);
    });
  }

  it('takes what a shell writes to a pipe that it has opened', () => {
    const piped = 'echo crab/crab-001.jpg | "$0" "$1" check images --exclude /dev/stdin --json';
    const {images} = JSON.parse(
      execFileSync('sh', ['-c', piped, process.execPath, MAIN], {
        cwd,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    ) as {images: object};
    expect(images).to.deep.equal({found: 47, readable: 47});
  });
});
