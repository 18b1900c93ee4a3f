import {join} from 'node:path';
import {expect} from 'chai';
import {useBackend} from '../helpers/backend.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {exportedRandomModel, runExample} from '../helpers/examples.js';

describe('the example of similar images', function () {
  this.timeout(120_000);
  useBackend();

  it('ranks images, an image itself first', async () => {
    const folder = await drawnFolder({perClass: 3});
    const paths = ['dotted', 'plain', 'striped'].flatMap(className =>
      [0, 1, 2].map(i => join(folder, className, `${i}.png`)),
    );
    const model = await exportedRandomModel();
    const text = await runExample('similar-images/similar.js', [model, paths[4]!, ...paths]);
    const lines = text.trimEnd().split('\n');
    expect(lines).to.have.lengthOf(5);
    expect(lines[0]).to.equal(`1.000 ${paths[4]}`);
    const similarities = lines.map(line => Number(line.split(' ')[0]));
    expect(similarities).to.deep.equal(similarities.toSorted((a, b) => b - a));
    expect(similarities[1]).to.be.below(1);
  });
});
