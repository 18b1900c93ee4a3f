import {expect} from 'chai';
import sharp from 'sharp';
import {createHeatMap, drawOverlay} from '../../../src/datasets/activation-maps/heat-map.js';

async function pixelsOf(url: string) {
  const [prefix, data] = url.split(',');
  expect(prefix).to.equal('data:image/png;base64');
  const image = sharp(Buffer.from(data!, 'base64'));
  return image.ensureAlpha().raw().toBuffer({resolveWithObject: true});
}

describe('a heat map', () => {
  it('has a pixel for each value: dark at 0, bright at the highest', async () => {
    const url = await createHeatMap({
      rows: 2,
      columns: 3,
      values: Float32Array.of(0, 2, 4, 1, 0, 0),
    });
    const {data, info} = await pixelsOf(url);
    expect(info).to.include({width: 3, height: 2});
    expect([...data.subarray(0, 16)]).to.deep.equal(
      [23, 20, 70, 120, 226, 85, 70, 140, 255, 243, 176, 160, 123, 31, 125, 130], // prettier-ignore
    );
    expect(url.length).to.be.below(300);
  });

  it('is dark everywhere where there is no evidence at all', async () => {
    const {data} = await pixelsOf(
      await createHeatMap({rows: 2, columns: 2, values: new Float32Array(4)}),
    );
    expect([...data]).to.deep.equal([0, 1, 2, 3].flatMap(() => [23, 20, 70, 120]));
  });
});

describe('an image with its activation map', () => {
  const GRAY = {r: 100, g: 100, b: 100};
  const grayImage = (width: number, height: number) =>
    sharp({create: {width, height, channels: 3, background: GRAY}});
  const pixelAt = async (jpeg: Buffer, x: number, y: number): Promise<number[]> => {
    const {data, info} = await sharp(jpeg).raw().toBuffer({resolveWithObject: true});
    const start = (y * info.width + x) * 3;
    return [...data.subarray(start, start + 3)];
  };
  /** JPEG is off by a few levels. */
  const expectColor = (found: readonly number[], expected: readonly number[]): void =>
    found.forEach((value, i) => expect(value, found.join()).to.be.closeTo(expected[i]!, 6));
  // A gray of 100 below the colors of the map.
  const [BRIGHT, MIDDLE, DARK, UNSEEN] = [
    [197, 190, 148],
    [169, 92, 84],
    [64, 62, 86],
    [120, 120, 120],
  ] as const;
  /** Evidence at the top right of the square in the middle. */
  const MAP = {rows: 2, columns: 2, values: Float32Array.of(0, 5, 0, 0)};

  it('is bright where the evidence is, dark where there is none, and gray where no network looks', async () => {
    const size = {width: 600, height: 400};
    const image = await grayImage(600, 400).png().toBuffer();
    const region = {left: 100, top: 0, width: 400, height: 400};
    const jpeg = await drawOverlay(image, size, [{...MAP, region}]);
    expect(await sharp(jpeg).metadata()).to.include({format: 'jpeg', ...size});
    expectColor(await pixelAt(jpeg, 480, 20), BRIGHT);
    expectColor(await pixelAt(jpeg, 120, 380), DARK);
    // Half of the evidence.
    expectColor(await pixelAt(jpeg, 300, 20), MIDDLE);
    for (const x of [50, 550]) expectColor(await pixelAt(jpeg, x, 200), UNSEEN);
  });

  it('is upright, opaque, and of a size that fits a screen', async () => {
    const region = {left: 0, top: 0, width: 1500, height: 3000};
    const turned = await grayImage(3000, 1500).withMetadata({orientation: 8}).jpeg().toBuffer();
    const jpeg = await drawOverlay(turned, {width: 1500, height: 3000}, [{...MAP, region}]);
    const {orientation, ...metadata} = await sharp(jpeg).metadata();
    expect(metadata).to.include({width: 512, height: 1024});
    expect(orientation).to.equal(undefined);
    expectColor(await pixelAt(jpeg, 505, 10), BRIGHT);

    const transparent = await sharp({
      create: {width: 16, height: 8, channels: 4, background: {...GRAY, alpha: 0}},
    })
      .png()
      .toBuffer();
    const small = {left: 0, top: 0, width: 16, height: 8};
    const enlarged = await drawOverlay(transparent, small, [{...MAP, region: small}]);
    expect(await sharp(enlarged).metadata()).to.include({width: 256, height: 128});
    // DARK, over white.
    expectColor(await pixelAt(enlarged, 5, 120), [146, 144, 168]);
  });

  it('shows the whole of a very long image', async () => {
    const size = {width: 2000, height: 10};
    const image = await grayImage(2000, 10).png().toBuffer();
    const jpeg = await drawOverlay(image, size, [{...MAP, region: {left: 980, top: -15, width: 40, height: 40}}]); // prettier-ignore
    expect(await sharp(jpeg).metadata()).to.include({width: 1024, height: 5});
  });

  it('takes the mean of the maps of several networks, each scaled to its own maximum', async () => {
    const size = {width: 256, height: 256};
    const image = await grayImage(256, 256).png().toBuffer();
    const region = {left: 0, top: 0, ...size};
    const other = {rows: 1, columns: 1, values: Float32Array.of(0), region};
    const jpeg = await drawOverlay(image, size, [{...MAP, region}, other]);
    expectColor(await pixelAt(jpeg, 250, 5), MIDDLE);
  });
});
