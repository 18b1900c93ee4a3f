import {expect} from 'chai';
import {appendFileSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {assertFolder, watchFolder} from '../../../../src/cli/commands/predict/watch-folder.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';

/** Milliseconds between two scans. */
const INTERVAL = 20;

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(INTERVAL);
};

describe('predict --watch', () => {
  it('gives out images that arrive, each once when it is complete, and none that were there', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'old.jpg'), 'old');
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = watchFolder(
      folder,
      async paths => void seen.push(...paths.map(path => basename(path))),
      stop.signal,
      INTERVAL,
    );
    await sleep(5 * INTERVAL);
    writeFileSync(join(folder, 'new.jpg'), 'new');
    writeFileSync(join(folder, 'notes.txt'), 'no image');
    await until(() => seen.length > 0);
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'deep.png'), 'deep');
    await until(() => seen.length > 1);
    // A file that changes is a new image.
    appendFileSync(join(folder, 'new.jpg'), ' again');
    await until(() => seen.length > 2);
    await sleep(5 * INTERVAL);
    expect(seen).to.deep.equal(['new.jpg', 'deep.png', 'new.jpg']);
    stop.abort();
    await watching;
  });

  it('waits while a file grows', async () => {
    const folder = temporaryDirectory();
    let isGrowing = true;
    const seenWhileGrowing: boolean[] = [];
    const stop = new AbortController();
    const watching = watchFolder(
      folder,
      async () => void seenWhileGrowing.push(isGrowing),
      stop.signal,
      // Several writes fall between two scans.
      10 * INTERVAL,
    );
    for (let i = 0; i < 30; i++) {
      appendFileSync(join(folder, 'large.jpg'), 'x');
      await sleep(INTERVAL);
    }
    isGrowing = false;
    await until(() => seenWhileGrowing.length > 0);
    expect(seenWhileGrowing).to.deep.equal([false]);
    stop.abort();
    await watching;
  });

  it('goes on where the folder is gone for a while', async () => {
    const folder = join(temporaryDirectory(), 'in');
    mkdirSync(folder);
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = watchFolder(
      folder,
      async paths => void seen.push(...paths.map(path => basename(path))),
      stop.signal,
      INTERVAL,
    );
    await sleep(3 * INTERVAL);
    rmSync(folder, {recursive: true});
    await sleep(3 * INTERVAL);
    mkdirSync(folder);
    writeFileSync(join(folder, 'back.jpg'), 'back');
    await until(() => seen.length > 0);
    expect(seen).to.deep.equal(['back.jpg']);
    stop.abort();
    await watching;
  });

  it('refuses what is no folder', async () => {
    expect((await rejectionOf(assertFolder('/nowhere/at-all'))).message).to.equal(
      '/nowhere/at-all (--watch) is not a folder. Create it, or give another one.',
    );
  });
});
