import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {downloadWheel, findPip} from '../../../../src/backend/install/wheels/pip.js';
import type {WheelSpec} from '../../../../src/backend/install/wheels/tensorflow-wheels.js';
import {programs} from '../../../helpers/programs.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';

const PIP = ['pip'] as const;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A request whose wheel is known to hold `content`. */
const wheel = (requirement: string, content = '12345'): WheelSpec => ({
  requirement,
  tagSets: [
    ['--abi', 'cp311'],
    ['--abi', 'cp312'],
  ],
  sha256: [sha256('another'), sha256(content)],
  downloadBytes: 2000,
});

/** A stand-in for pip that writes down its calls and then does `body`, with `$dest` and `$abi` set. */
function fakePip(body: string): {environment: NodeJS.ProcessEnv; calls: () => string[]} {
  const log = join(temporaryDirectory(), 'calls');
  const script = `echo "$@" >> ${log}
while [ $# -gt 0 ]; do case "$1" in --dest) dest=$2;; --abi) abi=$2;; esac; shift; done
${body}`;
  return {
    environment: {PATH: programs({pip: script})},
    calls: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}

describe('pip', () => {
  it('is found under any of its names', async () => {
    const failing = 'echo "No module named pip"; exit 1';
    expect(await findPip({PATH: programs({python3: 'exit 0'})})).to.deep.equal([
      'python3',
      '-m',
      'pip',
    ]);
    expect(await findPip({PATH: programs({python3: failing, pip3: 'exit 0'})})).to.deep.equal([
      'pip3',
    ]);
    expect(await findPip({PATH: programs({py: 'exit 0'})})).to.deep.equal(['py', '-m', 'pip']);
  });

  it('is asked for by name where there is none', async () => {
    const error = await rejectionOf(findPip({PATH: temporaryDirectory()}));
    expect(error.message).to.equal(
      'There is no pip to download TensorFlow with (tried python3 -m pip, pip3, python -m pip, pip, py -m pip). ' +
        "Install Python's pip, or give a wheel: finetune backend install --from FILE.",
    );
    expect(error.exitCode).to.equal(4);
  });

  it('downloads a wheel while the growing folder is measured', async () => {
    const {environment, calls} = fakePip(`echo "Downloading x.whl (2.5 kB)"
printf 1234567890 > $TMPDIR/part; /bin/sleep 0.6; printf 12345 > $dest/tensorflow_cpu-2.21.0.whl`);
    const directory = join(temporaryDirectory(), 'wheels');
    const reported: string[] = [];
    const options = {
      pip: PIP,
      environment,
      report: (bytes: number, total: number | null) => reported.push(`${bytes} of ${total}`),
    };
    const saved = await downloadWheel(wheel('tensorflow-cpu==2.21.0'), directory, options);
    expect(saved).to.equal(join(directory, 'tensorflow_cpu-2.21.0.whl'));
    expect(readdirSync(directory)).to.deep.equal(['tensorflow_cpu-2.21.0.whl']);
    expect(reported).to.include('10 of 2500');
    expect(calls()).to.deep.equal([
      `download --no-cache-dir --no-deps --only-binary=:all: --abi cp311 --dest ${directory} tensorflow-cpu==2.21.0`,
    ]);
  });

  it('is not needed to know the size of the file', async () => {
    const {environment} = fakePip(`printf 1234567890 > $TMPDIR/part; /bin/sleep 0.6
printf 12345 > $dest/x.whl`);
    const reported: string[] = [];
    await downloadWheel(wheel('x'), temporaryDirectory(), {
      pip: PIP,
      environment,
      report: (bytes, total) => reported.push(`${bytes} of ${total}`),
    });
    expect(reported).to.include('10 of 2000');
  });

  it('is not believed to have downloaded more than there is, though it keeps two copies for a while', async () => {
    const {environment} = fakePip(`echo "Downloading x.whl (5 kB)"
printf %06000d 0 > $TMPDIR/part; /bin/sleep 0.6; printf 12345 > $dest/x.whl`);
    const reported: number[] = [];
    await downloadWheel(wheel('x'), temporaryDirectory(), {
      pip: PIP,
      environment,
      report: bytes => reported.push(bytes),
    });
    expect(Math.max(...reported)).to.equal(5000);
  });

  const options = (environment: NodeJS.ProcessEnv) => ({
    pip: PIP,
    environment,
    report: () => undefined,
  });

  it('is asked for the next Python version where the index has no wheel for the first', async () => {
    const {environment, calls} =
      fakePip(`if [ $abi = cp311 ]; then echo "ERROR: No matching distribution found for x"; exit 1; fi
printf 12345 > $dest/x-$abi.whl`);
    const saved = await downloadWheel(wheel('x'), temporaryDirectory(), options(environment));
    expect(saved).to.match(/x-cp312\.whl$/);
    expect(calls()).to.have.length(2);
  });

  it('may refuse, by the Python it runs on, a wheel that it has saved', async () => {
    const {environment} = fakePip(
      'printf 12345 > $dest/x.whl; echo "x requires Python \'>=3.10\' but the running Python is 3.6.15"; exit 1',
    );
    expect(await downloadWheel(wheel('x'), temporaryDirectory(), options(environment))).to.match(
      /x\.whl$/,
    );
  });

  it('brings nothing into a backend but the files that are known', async () => {
    const {environment} = fakePip('printf 12346 > $dest/x-1.0.whl');
    const directory = temporaryDirectory();
    const error = await rejectionOf(
      downloadWheel(wheel('x==1.0'), directory, options(environment)),
    );
    expect(error.message).to.match(
      /^pip brought another x-1\.0\.whl than PyPI publishes for x==1\.0 \(its sha256 is [0-9a-f]{64}\)\. It was removed, .* --from FILE\.$/,
    );
    expect(error).to.include({code: 'BACKEND_UNAVAILABLE', exitCode: 4});
    expect(readdirSync(directory)).to.deep.equal([]);
  });

  it('is quoted by the line that says that the disk is full', async () => {
    const {environment} = fakePip(
      'echo "ERROR: Exception:"; echo "Traceback:"; echo "OSError: [Errno 28] No space left on device"; exit 2',
    );
    const error = await rejectionOf(
      downloadWheel(wheel('x'), temporaryDirectory(), options(environment)),
    );
    expect(error.message).to.include(
      'pip cannot download x: OSError: [Errno 28] No space left on device.',
    );
  });

  it('is quoted where it fails otherwise', async () => {
    const {environment} = fakePip(
      'echo "Looking in indexes: there"; echo "ERROR: 403 Client Error: Forbidden for url: there."; exit 1',
    );
    const error = await rejectionOf(
      downloadWheel(wheel('x'), temporaryDirectory(), options(environment)),
    );
    expect(error.message).to.match(
      /^pip cannot download x: ERROR: 403 Client Error: Forbidden for url: there\. Check /,
    );
  });

  it('is asked once where there is no connection', async () => {
    const {environment, calls} =
      fakePip(`echo "WARNING: Retrying (Retry(total=4)) after connection broken"
echo "ERROR: Could not find a version that satisfies the requirement x"; echo "ERROR: No matching distribution found for x"; exit 1`);
    const directory = temporaryDirectory();
    const error = await rejectionOf(downloadWheel(wheel('x'), directory, options(environment)));
    expect(error.message).to.equal(
      'pip cannot download x: no connection to the package index. Check the connection and run finetune backend install, or give a wheel with --from FILE.',
    );
    expect(calls()).to.have.length(1);
    expect(existsSync(join(directory, 'partial'))).to.equal(false);
  });
});
