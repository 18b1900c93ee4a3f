import {spawn} from 'node:child_process';
import {expect} from 'chai';
import {temporaryDirectory} from '../helpers/temporary.js';
import {finetune, MAIN} from '../helpers/program.js';

describe('the process', function () {
  this.timeout(30_000);

  it('says help at once', async () => {
    const begun = performance.now();
    const {code, stdout} = await finetune(['--help'], {cwd: temporaryDirectory()});
    expect(code).to.equal(0);
    expect(stdout).to.include('--batch-size');
    // A tenth of this on an idle machine; importing TensorFlow or sharp by accident takes longer.
    expect(performance.now() - begun).to.be.below(5000);
  });

  it('is silent when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [MAIN, 'schema'], {stdio: ['ignore', 'pipe', 'pipe']});
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise(resolve => child.on('close', resolve));
    expect({code, stderr}).to.deep.equal({code: 0, stderr: ''});
  });

  it('paints nothing that is not a terminal, unless it is asked to', async () => {
    const cwd = temporaryDirectory();
    const failing = (environment: NodeJS.ProcessEnv) => finetune(['--zebra'], {cwd, environment});
    expect((await failing({FORCE_COLOR: undefined})).stderr).to.match(/^error /);
    expect((await failing({FORCE_COLOR: '1', NO_COLOR: undefined})).stderr).to.match(
      /^\u001b\[31merror\u001b\[39m /,
    );
  });
});
