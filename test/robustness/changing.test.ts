import {execFileSync} from 'node:child_process';
import {readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {drawImages, BACKEND, finetune, SMALL_RUN} from '../helpers/program.js';
import {useBackend} from '../helpers/backend.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {documentOf, expectEnded} from '../helpers/expect-ended.js';

describe('a folder that changes while a command goes on', function () {
  this.timeout(300_000);
  useBackend();

  let cwd = '';
  before(async () => {
    cwd = temporaryDirectory();
  });

  /** One image is gone, one another, one cut off and one a pipe. */
  function change(root: string): void {
    rmSync(join(root, 'crab/crab-001.jpg'));
    writeFileSync(join(root, 'fish/fish-001.jpg'), readFileSync(join(root, 'fish/fish-002.jpg')));
    truncateSync(join(root, 'crab/crab-003.jpg'), 200);
    rmSync(join(root, 'fish/fish-004.jpg'));
    execFileSync('mkfifo', [join(root, 'fish/fish-004.jpg')]);
  }

  // Where in its work the run is hit is up to the machine; how it ends must not be.
  for (const marker of ['backend ', 'dataset ', 'split ', 'epoch=1 ']) {
    it(`trains to the end from where it says ${marker.trim()}`, async () => {
      const root = await drawImages(join(cwd, marker.trim().replace('/', '-')), 24);
      const out = join(root, '..', 'run');
      const args = ['--data', root, ...SMALL_RUN, '--last-stage', '1', '--out', out, '--json'];
      const ended = await finetune(args, {cwd, at: {marker, act: () => change(root)}});
      expectEnded(ended, 0);
      const {findings} = documentOf<{findings: readonly {code: string}[]}>(ended);
      const kept = JSON.parse(readFileSync(join(out, 'split.json'), 'utf8')) as Record<
        'train' | 'validation' | 'skipped',
        unknown[]
      >;
      expect(kept.train.length + kept.validation.length + kept.skipped.length).to.equal(96);
      const isReported = findings.some(({code}) => code === 'unreadable-image');
      expect(isReported, 'a finding').to.equal(kept.skipped.length > 0);

      const evaluated = await finetune(
        ['evaluate', join(out, 'model'), '--data', root, ...BACKEND, '--json'],
        {
          cwd,
          at: {
            marker: 'backend',
            act: () => rmSync(join(root, 'crab/crab-000.jpg'), {force: true}),
          },
        },
      );
      expectEnded(evaluated, 0);
    });
  }
});
