import {mkdirSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {findModel} from '../../src/cli/find-model.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {capture, inDirectory, runCaptured} from '../helpers/capture.js';

/** A run with a model of some age, in minutes. */
function writeRun(run: string, minutes: number): void {
  mkdirSync(join(run, 'model'), {recursive: true});
  writeFileSync(join(run, 'recipe.json'), '{}');
  writeFileSync(join(run, 'model/finetune.json'), '{}');
  const then = new Date(Date.now() - 60_000 * minutes);
  utimesSync(join(run, 'model/finetune.json'), then, then);
}

describe('the model that a command works on', () => {
  const inRuns = (work: () => Promise<void>): Promise<void> =>
    inDirectory(temporaryDirectory(), async () => {
      writeRun('runs/old', 60);
      writeRun('runs/new', 1);
      writeRun('elsewhere', 0);
      mkdirSync('runs/begun');
      writeFileSync('runs/begun/recipe.json', '{}');
      mkdirSync('images');
      writeFileSync('a.jpg', '');
      await work();
    });
  const find = (...words: string[]): {directory: string; rest: readonly string[]; said: string} => {
    const captured = capture();
    return {...findModel(words, captured.terminal), said: captured.stderr};
  };

  it('is the one that is named, by itself or by its run', async () => {
    await inRuns(async () => {
      expect(find('runs/old/model', 'a.jpg')).to.deep.equal({
        directory: 'runs/old/model',
        rest: ['a.jpg'],
        said: '',
      });
      expect(find('elsewhere', 'a.jpg')).to.deep.equal({
        directory: 'elsewhere/model',
        rest: ['a.jpg'],
        said: '',
      });
      expect(find('runs/old')).to.deep.equal({directory: 'runs/old/model', rest: [], said: ''});
    });
  });

  it('is the newest where none is named, and is reported', async () => {
    await inRuns(async () => {
      for (const words of [[], ['a.jpg'], ['images', 'a.jpg'], ['*.jpg'], ['-']]) {
        expect(find(...words)).to.deep.equal({
          directory: 'runs/new/model',
          rest: words,
          said: 'model      runs/new/model, the newest in runs/\n',
        });
      }
    });
  });

  it('is never another where one was meant that is not there or not finished', async () => {
    await inRuns(async () => {
      for (const word of ['nowhere', 'runs/nwe', 'runs/begun'])
        expect(find(word, 'a.jpg')).to.include({directory: word, said: ''});
      const {exitCode, stderr} = await runCaptured(['predict', 'runs/begun', 'a.jpg']);
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(
        /^error runs\/begun holds no exported model: there is no finetune\.json\. The run has not ended. Resume it: finetune --resume runs\/begun$/m,
      );
    });
  });

  it('is never another where a checkpoint or a file of weights is named', async () => {
    await inRuns(async () => {
      mkdirSync('runs/begun/checkpoints/best', {recursive: true});
      writeFileSync('runs/begun/checkpoints/best/weights.safetensors', '');
      writeFileSync('resnet.pth', '');
      for (const word of [
        'runs/begun/checkpoints/best',
        'runs/begun/checkpoints/best/weights.safetensors',
        'resnet.pth',
      ]) {
        expect(find(word, 'a.jpg')).to.include({directory: word, said: ''});
      }
    });
  });

  it('is asked for where there is none', async () => {
    await inDirectory(temporaryDirectory(), async () => {
      writeFileSync('a.jpg', '');
      for (const args of [
        ['predict', 'a.jpg'],
        ['evaluate', '--data', '.'],
      ]) {
        const {exitCode, stderr} = await runCaptured(args);
        expect({exitCode, stderr}).to.deep.equal({
          exitCode: 2,
          stderr:
            'error There is no exported model below runs/. Train one first (finetune DIR), or give its folder.\n',
        });
      }
      expect((await runCaptured(['predict'])).stderr).to.equal(
        'error There are no images to classify. Run finetune predict [MODEL] IMAGE...\n',
      );
      expect((await runCaptured(['evaluate'])).stderr).to.equal(
        'error There is no folder of images to evaluate on. Run finetune evaluate MODEL --data DIR.\n',
      );
      for (const args of [['check', '-'], ['preview', '-'], ['--data', '-'], ['-']]) {
        const {exitCode, stderr} = await runCaptured(args);
        expect(exitCode).to.equal(2);
        expect(stderr).to.match(/^error - is standard input, which holds no folder of images\. /);
      }
    });
  });
});
