import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {useBackend} from '../helpers/backend.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {exportedRandomModel} from '../helpers/examples.js';
import {finetune, inDrawnFolder} from '../helpers/program.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const NOTICE = 'backend    WebAssembly, as TensorFlow is not installed: finetune backend install';

/** How TensorFlow's own log begins its lines: `I0000 00:00:1764`, `2026-11-29 19:16:49.123456: I tensorflow/`. */
const TENSORFLOW_LOG = /^[IWEF]\d{4} |^\d{4}-\d\d-\d\d .*: [IWEF] |tensorflow\/(core|compiler)/m;

describe('a command for a few images, where TensorFlow is missing', function () {
  this.timeout(120_000);
  useBackend();
  const {cwd, train} = inDrawnFolder();

  let [model, folder] = ['', ''];
  before(async () => {
    model = await exportedRandomModel();
    folder = await drawnFolder({perClass: 2});
  });

  /** Runs a command with an empty cache, where whatever is not there stays so. */
  async function runWithout(...args: readonly string[]): Promise<string> {
    const FINETUNE_CACHE = join(temporaryDirectory(), 'cache');
    const environment = {FINETUNE_CACHE, FINETUNE_BACKEND: ''};
    const {code, stderr} = await finetune(args, {cwd: cwd(), environment});
    expect(code, stderr).to.equal(0);
    expect(existsSync(join(FINETUNE_CACHE, 'engines')), args[0]).to.equal(false);
    return stderr;
  }

  it('predicts on WebAssembly, and says so in one line of 80 columns', async () => {
    const image = join(folder, 'plain', '0.png');
    expect((await runWithout('predict', model, image)).trimEnd()).to.equal(NOTICE);
    expect(NOTICE).to.have.lengthOf(80);
  });

  it('evaluates on WebAssembly', async () => {
    expect(await runWithout('evaluate', model, '--data', folder)).to.include(NOTICE);
  });

  it('exports on WebAssembly', async () => {
    const {code, stderr} = await train('--out', 'run', '--verbose');
    expect(code, stderr).to.equal(0);
    expect(stderr)
      .to.match(/^traced/m)
      .and.not.match(TENSORFLOW_LOG);
    expect(await runWithout('export', 'run')).to.include(NOTICE);
  });

  it('would see what TensorFlow logs', async () => {
    const script = ['--data', 'images', '--epochs', '1', '--arch', 'resnet18', '--weights', 'none'];
    const {stderr} = await finetune(
      [...script, '--image-size', '32', '--freeze', 'probe', '--views', '0', '--out', 'loud'],
      {cwd: cwd(), environment: {TF_CPP_MIN_LOG_LEVEL: '0', FINETUNE_BACKEND: 'tensorflow'}},
    );
    expect(stderr).to.match(TENSORFLOW_LOG);
  });
});
