import {expect} from 'chai';
import {openSide} from '../../bench/commands.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {useBackend} from '../helpers/backend.js';
import {temporaryDirectory} from '../helpers/temporary.js';

describe('our side of the bench', function () {
  this.timeout(120_000);
  useBackend();

  it('answers with seconds and images', async () => {
    const data = await drawnFolder({perClass: 3, splits: ['train', 'val']});
    const setting = {data, threads: 1, pinning: [], python: 'none', scratch: temporaryDirectory()};
    const side = await openSide(
      {kind: 'worker', by: 'ours', task: 'images', options: {mode: 'first'}},
      setting,
    );
    const {images, seconds} = await side.takeReading();
    await side.close();
    expect(images).to.equal(18);
    expect(seconds).to.be.above(0);
  });
});
