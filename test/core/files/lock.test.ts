import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {withLock, type LockHolder} from '../../../src/core/files/lock.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const freshLock = (): string => join(temporaryDirectory(), '.lock');

function holdBy(path: string, holder: Partial<LockHolder>): void {
  writeFileSync(
    path,
    JSON.stringify({pid: process.pid, host: hostname(), startedAt: '', ...holder}),
  );
}

/** Number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child: ChildProcess = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}

describe('the lock', () => {
  it('lets the second wait until the first is done, and tells whom it waits for', async () => {
    const path = freshLock();
    const order: string[] = [];
    const waited: number[] = [];
    const first = withLock(path, async () => {
      order.push('first begins');
      await sleep(50);
      order.push('first ends');
    });
    while (!existsSync(path)) await sleep(1);
    await withLock(path, async () => void order.push('second'), {
      onWait: ({pid}) => waited.push(pid),
    });
    await first;
    expect(order).to.deep.equal(['first begins', 'first ends', 'second']);
    expect(waited).to.deep.equal([process.pid]);
    expect(existsSync(path)).to.equal(false);
  });

  it('gives back what the work gave, and the lock when the work fails', async () => {
    const path = freshLock();
    expect(await withLock(path, async () => 7)).to.equal(7);
    const error = await rejectionOf(withLock(path, () => Promise.reject(new Error('broken work'))));
    expect(error.message).to.equal('broken work');
    expect(existsSync(path)).to.equal(false);
  });

  it('is broken when its holder has died', async () => {
    const path = freshLock();
    holdBy(path, {pid: await deadProcess()});
    expect(await withLock(path, async () => 'taken')).to.equal('taken');
  });

  it('is broken when another process has got the number of its holder', async () => {
    const path = freshLock();
    holdBy(path, {startedAt: 'long ago'});
    expect(await withLock(path, async () => 'taken')).to.equal('taken');
  });

  it('is broken when its holder on another host is silent, and kept while it is not', async () => {
    const path = freshLock();
    holdBy(path, {host: 'elsewhere'});
    const waiting = await rejectionOf(
      withLock(path, async () => 'taken', {signal: AbortSignal.timeout(100)}),
    );
    expect(waiting.name).to.equal('AbortedError');
    const threeMinutesAgo = Date.now() / 1000 - 180;
    utimesSync(path, threeMinutesAgo, threeMinutesAgo);
    expect(await withLock(path, async () => 'taken')).to.equal('taken');
  });

  it('is not taken from a holder that is about to write its name', async () => {
    const path = freshLock();
    writeFileSync(path, '');
    await rejectionOf(withLock(path, async () => 'taken', {signal: AbortSignal.timeout(100)}));
    expect(readFileSync(path, 'utf8')).to.equal('');
  });
});
