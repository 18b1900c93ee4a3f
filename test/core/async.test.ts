import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {mapConcurrently} from '../../src/core/async.js';
import {failure} from '../helpers/images.js';

describe('concurrently', () => {
  it('gives results in the order of the items, whatever finishes first', async () => {
    const delays = [20, 1, 10, 0];
    expect(
      await mapConcurrently(
        delays,
        3,
        async (delay, index) => (await sleep(delay), [delay, index]),
      ),
    ).to.deep.equal([
      [20, 0],
      [1, 1],
      [10, 2],
      [0, 3],
    ]);
  });

  it('keeps to the limit', async () => {
    let running = 0;
    let most = 0;
    await mapConcurrently(Array(20).fill(1), 3, async () => {
      most = Math.max(most, ++running);
      await sleep(1);
      running--;
    });
    expect(most).to.equal(3);
  });

  it('begins nothing new after a failure, waits for what runs, and throws the failure', async () => {
    const begun: number[] = [];
    let finished = 0;
    const error = await failure(
      mapConcurrently([0, 1, 2, 3, 4], 2, async item => {
        begun.push(item);
        if (item === 0) throw new Error('broken');
        await sleep(10);
        finished++;
      }),
    );
    expect(error.message).to.equal('broken');
    expect(begun).to.deep.equal([0, 1]);
    expect(finished).to.equal(1);
  });

  it('begins nothing new once it is told to stop', async () => {
    const controller = new AbortController();
    const begun: number[] = [];
    const error = await failure(
      mapConcurrently(
        [0, 1, 2, 3],
        1,
        async item => {
          begun.push(item);
          if (item === 1) controller.abort();
        },
        controller.signal,
      ),
    );
    expect(error.message).to.equal('The run was stopped.');
    expect(begun).to.deep.equal([0, 1]);
  });

  it('does nothing for nothing', async () => {
    expect(await mapConcurrently([], 4, async () => 1)).to.deep.equal([]);
  });
});
