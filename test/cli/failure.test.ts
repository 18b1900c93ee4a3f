import {readFile} from 'node:fs/promises';
import {expect} from 'chai';
import {AccuracyBelowThresholdError} from '../../src/cli/check-accuracy.js';
import {toFailure, InterruptedRunError} from '../../src/cli/failure.js';
import {SignalHandler} from '../../src/cli/signals.js';
import {COLORED, UNSTYLED} from '../../src/cli/terminal/screen/style.js';
import {TrainingDivergedError} from '../../src/training/loop/training-plan.js';
import {NanProbabilityError} from '../../src/training/metrics/metrics.js';
import {rejectionOf} from '../helpers/rejection.js';
import {
  AbortedError,
  DatasetError,
  UnsupportedEnvironmentError,
  UsageError,
} from '../../src/core/errors.js';

const BELOW = new AccuracyBelowThresholdError({accuracy: 0.5, threshold: 0.9});
const DIVERGED = new TrainingDivergedError({
  phase: 'head',
  step: 3,
  loss: NaN,
  learningRates: {stem: null, stage1: null, stage2: null, stage3: null, stage4: null, head: 1},
});
const VIEW = {terminal: {style: UNSTYLED, columns: Infinity}};

describe('how a command fails', () => {
  it('ends with the exit code of the error', () => {
    const codes = [
      new UsageError('a'),
      new DatasetError('b'),
      new UnsupportedEnvironmentError('c'),
      BELOW,
      DIVERGED,
      new NanProbabilityError({imageIndex: 0, className: 'cat'}),
      new Error('d'),
    ];
    expect(codes.map(error => toFailure(error, VIEW).exitCode)).to.deep.equal([
      2, 3, 4, 5, 6, 6, 1,
    ]);
  });

  it('tells a person the sentence and a program the fields, without a stack', () => {
    expect(toFailure(BELOW, VIEW)).to.deep.equal({
      exitCode: 5,
      text: 'error The accuracy is 50.0 %, below the 90.0 % of --assert-accuracy.',
      document: {
        code: 'ACCURACY_BELOW_THRESHOLD',
        exitCode: 5,
        message: 'The accuracy is 50.0 %, below the 90.0 % of --assert-accuracy.',
        accuracy: 0.5,
        threshold: 0.9,
      },
    });
  });

  it('tells what the system refused, where, and what to do, without a stack', async () => {
    const error = await rejectionOf(readFile('/nowhere/at all'));
    const message =
      '/nowhere/at all: there is no such file or folder. Check the path, and whether something else has removed it.';
    expect(toFailure(error, VIEW)).to.deep.equal({
      exitCode: 1,
      text: `error ${message}`,
      document: {code: 'ENOENT', exitCode: 1, message, path: '/nowhere/at all'},
    });
  });

  it('names the reason of the system also where Node does not know it', () => {
    const error = Object.assign(new Error('Unknown system error -122: ..., write'), {
      code: 'Unknown system error -122',
      errno: -122,
      syscall: 'write',
      path: 'runs/pets/metrics.json',
    });
    const {text, document} = toFailure(error, VIEW);
    expect(text).to.match(
      /^error runs\/pets\/metrics\.json: your disk quota is used up\. Free some space, or /,
    );
    expect(document.code).to.equal('EDQUOT');
  });

  it('tells how to get the part of sharp that npm left out', () => {
    const error = new Error(
      'Could not load the "sharp" module using the linux-x64 runtime\nPossible solutions:\n- Ensure ...',
    );
    const message =
      'sharp has no binary for linux-x64, so images cannot be read. Reinstall with: npm install --include=optional.';
    expect(toFailure(error, VIEW)).to.deep.equal({
      exitCode: 4,
      text: `error ${message}`,
      document: {code: 'UNSUPPORTED_ENVIRONMENT', exitCode: 4, message},
    });
  });

  it('shows the stack of an internal error and asks for a report', () => {
    const {text, document} = toFailure(new TypeError('undefined is not a function'), VIEW);
    expect(text).to.match(
      /^error Internal error: this is a bug in finetune\. Please report it with these lines:\n\nTypeError: undefined/,
    );
    expect(text).to.match(/\n +at /);
    expect(document).to.include({
      code: 'INTERNAL_ERROR',
      exitCode: 1,
      message: 'undefined is not a function',
    });
  });

  it('breaks the sentence between words, under its label, on a terminal', () => {
    const error = new UsageError(
      '/home/ann/data/pets (--data) does not exist, or holds no images that can be read.\nCheck the path.',
    );
    const {text} = toFailure(error, {terminal: {style: COLORED, columns: 50}});
    expect(text.replaceAll(/\u001b\[\d+m/g, '').split('\n')).to.deep.equal([
      'error      /home/ann/data/pets (--data) does not',
      '           exist, or holds no images that can be',
      '           read.',
      '           Check the path.',
    ]);
  });

  it('breaks a long path behind a slash', () => {
    const path = `/home/${'a'.repeat(20)}/${'b'.repeat(20)}/c.jpg`;
    const {text} = toFailure(new UsageError(`Expected ${path}.`), {
      terminal: {style: UNSTYLED, columns: 40},
    });
    expect(
      text
        .split('\n')
        .slice(1)
        .map(line => line.trim()),
    ).to.deep.equal([`/home/${'a'.repeat(20)}/`, `${'b'.repeat(20)}/c.jpg.`]);
    text.split('\n').forEach(line => expect(line.length).to.be.at.most(40));
  });

  it('prints line breaks of its own, and none of a name', () => {
    const name = 'a\nb\u001b[2J\u202e';
    class Named extends DatasetError {
      readonly files = [name];
    }
    expect(toFailure(new Named(`Two readings of ${name}:\none\ntwo`), VIEW).text).to.equal(
      'error Two readings of a\\nb\\u001b[2J\\u202e:\none\ntwo',
    );
    expect(
      toFailure(new UsageError(`No such file: ${name}`), {...VIEW, args: ['check', name]}).text,
    ).to.equal('error No such file: a\\nb\\u001b[2J\\u202e');
  });

  it('counts the names of a long list, unless verbose', () => {
    const names = Array.from({length: 50}, (_, i) => `layer${i}.0.weight`);
    const error = new DatasetError(`Missing (50): ${names.join(', ')}. Add --last-stage 3.`);
    expect(toFailure(error, VIEW).text).to.equal(
      `error Missing (50): ${names.slice(0, 3).join(', ')} and 47 more (--verbose lists them). Add --last-stage 3.`,
    );
    expect(toFailure(error, {...VIEW, verbose: true}).text).to.include(names.join(', '));
    expect(toFailure(error, VIEW).document.message).to.include(names.join(', '));
  });

  it('says how to resume a run that was stopped, quoted for a shell', () => {
    const stopped = new InterruptedRunError({
      run: "runs/ann's pets",
      checkpoint: "runs/ann's pets/checkpoints/last",
    });
    const {exitCode, text, document} = toFailure(stopped, VIEW, 'SIGTERM');
    expect(exitCode).to.equal(143);
    expect(text).to.equal(
      "The run in runs/ann's pets was stopped; its state is in runs/ann's pets/checkpoints/last. Resume it with\n\n" +
        "  finetune --resume 'runs/ann'\\''s pets'\n",
    );
    expect(document).to.include({
      code: 'ABORTED',
      signal: 'SIGTERM',
      resume: "finetune --resume 'runs/ann'\\''s pets'",
    });
  });

  it('takes whatever is thrown after a signal for its consequence', () => {
    for (const error of [
      new AbortedError(),
      new DOMException('aborted', 'AbortError'),
      new Error('broken pipe'),
    ]) {
      expect(toFailure(error, VIEW, 'SIGINT')).to.include({
        exitCode: 130,
        text: 'Stopped; there is nothing to resume.',
      });
    }
  });
});

describe('signals', () => {
  it('abort the run at the first, and end the process at the second', () => {
    const heard: unknown[] = [];
    const interrupts = new SignalHandler(
      name => heard.push(name),
      exitCode => heard.push(exitCode),
    );
    expect(interrupts.signal.aborted).to.equal(false);
    interrupts.handle('SIGTERM');
    expect(interrupts.signal.aborted).to.equal(true);
    interrupts.handle('SIGINT');
    expect(heard).to.deep.equal(['SIGTERM', 130]);
    expect(interrupts.received).to.equal('SIGTERM');
  });

  it('are also the end of the parent, where it is watched', async () => {
    const source = {ppid: 2};
    const stopped = new Promise(resolve => new SignalHandler(resolve, resolve).watchParent(source));
    const early = new Promise(resolve => setTimeout(resolve, 700, 'still running'));
    expect(await Promise.race([stopped, early])).to.equal('still running');
    source.ppid = 1;
    // Keeps the process alive, as a run would.
    const late = new Promise(resolve => setTimeout(resolve, 2000, 'still running'));
    expect(await Promise.race([stopped, late])).to.equal('SIGTERM');
  });
});
