import {expect} from 'chai';
import sharp from 'sharp';
import {createHeatMap} from '../../../src/datasets/activation-maps/heat-map.js';

async function pixelsOf(url: string) {
  const [prefix, data] = url.split(',');
  expect(prefix).to.equal('data:image/png;base64');
  const image = sharp(Buffer.from(data!, 'base64'));
  return image.ensureAlpha().raw().toBuffer({resolveWithObject: true});
}

describe('a heat map', () => {
  it('has a pixel for each value: transparent at 0, red at the highest', async () => {
    const url = await createHeatMap({
      rows: 2,
      columns: 3,
      values: Float32Array.of(0, 2, 4, 1, 0, 0),
    });
    const {data, info} = await pixelsOf(url);
    expect(info).to.include({width: 3, height: 2});
    expect([...data.subarray(0, 16)]).to.deep.equal(
      [255, 220, 0, 0, 255, 110, 0, 77, 255, 0, 0, 153, 255, 165, 0, 38], // prettier-ignore
    );
    expect(url.length).to.be.below(300);
  });

  it('is transparent where there is no evidence at all', async () => {
    const {data} = await pixelsOf(
      await createHeatMap({rows: 2, columns: 2, values: new Float32Array(4)}),
    );
    expect([3, 7, 11, 15].map(at => data[at])).to.deep.equal([0, 0, 0, 0]);
  });
});
