import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import threadPoolSize from '../../src/cli/thread-pool-size.cjs';
import {temporaryDirectory} from '../helpers/temporary.js';
import {finetune} from '../helpers/program.js';

describe('the pool of threads', () => {
  it('has one for each core, and no fewer than Node has by itself', () => {
    expect(threadPoolSize(['--data', 'pets'], {}, 16)).to.equal('16');
    expect(threadPoolSize([], {}, 2)).to.equal('4');
  });

  it('has as many as --workers says, which beats FINETUNE_WORKERS, which beats UV_THREADPOOL_SIZE', () => {
    const environment = {FINETUNE_WORKERS: '5', UV_THREADPOOL_SIZE: '6'};
    expect(threadPoolSize(['--workers', '2', '--data', 'pets'], environment, 8)).to.equal('2');
    expect(threadPoolSize(['--workers=3'], environment, 8)).to.equal('3');
    expect(threadPoolSize(['--workers', '2', '--workers=9'], environment, 8)).to.equal('9');
    expect(threadPoolSize([], environment, 8)).to.equal('5');
    expect(threadPoolSize([], {UV_THREADPOOL_SIZE: '6'}, 8)).to.equal('6');
  });

  it('leaves what is no number for those who check the command line', () => {
    for (const words of [
      ['--workers'],
      ['--workers', 'many'],
      ['--workers', '-1'],
      ['--workers='],
    ]) {
      expect(threadPoolSize(words, {FINETUNE_WORKERS: ''}, 8)).to.equal('8');
    }
  });

  it('is chosen before Node starts it', async function () {
    if (process.platform !== 'linux') return this.skip();
    const directory = temporaryDirectory();
    const probe = join(directory, 'probe.cjs');
    writeFileSync(
      probe,
      `process.on('exit', () => require('fs').writeFileSync('threads', String(require('fs').readdirSync('/proc/self/task').length)));`,
    );
    const threadsWith = async (workers: string): Promise<number> => {
      await finetune(['schema'], {
        cwd: directory,
        environment: {FINETUNE_WORKERS: workers, NODE_OPTIONS: `--require ${probe}`},
      });
      return Number(readFileSync(join(directory, 'threads'), 'utf8'));
    };
    expect((await threadsWith('13')) - (await threadsWith('2'))).to.equal(11);
  }).timeout(30_000);
});
