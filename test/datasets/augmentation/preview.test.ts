import {expect} from 'chai';
import {spawnSync} from 'node:child_process';
import sharp from 'sharp';
import {withImageSize, TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import {AUGMENTATIONS, augment} from '../../../src/datasets/augmentation/augment.js';
import {createRng} from '../../../src/core/rng.js';
import {renderContactSheet} from '../../../src/datasets/images/contact-sheet.js';
import {decodeFile} from '../../../src/datasets/images/decode.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import {previewAugmentation} from '../../../src/datasets/augmentation/preview.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {noisy, of, writeImages, writeTree} from '../../helpers/images.js';

const preprocessing = withImageSize(TORCHVISION_PREPROCESSING, 32);

describe('a preview', () => {
  let root = '';
  before(async () => {
    root = temporaryDirectory();
    await writeImages(root, [...of('a', 3), ...of('b', 3)]);
    const whole = await noisy(9, 100, 80).jpeg().toBuffer();
    writeTree(root, {'c/cut.jpg': whole.subarray(0, whole.length / 2)});
  });

  it('shows classes in turn, each image without and with augmentation', async () => {
    const options = {
      images: 3,
      columns: 2,
      augmentation: AUGMENTATIONS.strong,
      preprocessing,
      seed: 5,
    };
    const found = await previewAugmentation(await loadImageFolder(root), options);
    expect(found.map(({sample}) => sample.label)).to.deep.equal([0, 1, 2]);
    const {sample, versions} = found[0]!;
    const image = await decodeFile(sample.path, preprocessing);
    expect(versions).to.have.length(3);
    expect(Buffer.from(versions[0]!).equals(Buffer.from(centerCrop(image, 32)))).to.equal(true);
    // As the augmentation threads draw it for epoch 2.
    expect(versions[2]).to.deep.equal(
      augment(image, 32, AUGMENTATIONS.strong, createRng(5, 'augment', 2, sample.name)),
    );
    expect(found[2]).to.deep.include({versions: [], error: 'it is damaged or cut off'});
    expect(await previewAugmentation(await loadImageFolder(root), options)).to.deep.equal(found);
  });

  it('mixes the images of a column where training would mix', async () => {
    const options = {
      images: 2,
      columns: 1,
      augmentation: {...AUGMENTATIONS.none, mixing: {mixupAlpha: 1}},
      preprocessing,
      seed: 5,
    };
    const [one, two] = await previewAugmentation(await loadImageFolder(root), options);
    const share =
      (one!.versions[1]![0]! - two!.versions[0]![0]!) /
      (one!.versions[0]![0]! - two!.versions[0]![0]!);
    for (const at of [1, 100, 999]) {
      const expected = share * one!.versions[0]![at]! + (1 - share) * two!.versions[0]![at]!;
      expect(one!.versions[1]![at]).to.be.closeTo(expected, 3); // the share is read off one rounded value
    }
  });

  it('is a sheet of rows and columns', async () => {
    const image = (value: number): Uint8Array => new Uint8Array(4 * 4 * 3).fill(value);
    const sheet = await renderContactSheet([[image(10), image(20)], [image(30)]], 4, 'sheet.png');
    for (const [name, format] of [
      ['a.webp', 'webp'],
      ['a.jpg', 'jpeg'],
      ['a', 'jpeg'],
    ] as const) {
      expect(
        (await sharp(await renderContactSheet([[image(10)]], 4, name)).metadata()).format,
      ).to.equal(format);
    }
    const {data, info} = await sharp(sheet).raw().toBuffer({resolveWithObject: true});
    expect([info.width, info.height]).to.deep.equal([26, 26]);
    const at = (x: number, y: number): number => data[(y * info.width + x) * info.channels]!;
    expect([at(6, 6), at(16, 9), at(6, 16), at(16, 16), at(0, 0)]).to.deep.equal([
      10, 20, 30, 255, 255,
    ]);
  });

  it('leaves lines for labels above columns and rows, and draws them where there are fonts', async () => {
    const image = new Uint8Array(80 * 80 * 3).fill(200);
    const render = async (rows: readonly string[]) =>
      sharp(await renderContactSheet([[image], [image]], 80, 'sheet.png', {rows, columns: ['<&>']}))
        .raw()
        .toBuffer({resolveWithObject: true});
    const {data, info} = await render(['cat', 'dog']);
    expect([info.width, info.height]).to.deep.equal([92, 20 + 2 * 106]);
    const strip = (top: number, pixels = data): Buffer =>
      pixels.subarray(top * info.width * info.channels, (top + 20) * info.width * info.channels);
    expect(data[(50 * info.width + 40) * info.channels]).to.equal(200);
    if (spawnSync('fc-list').stdout?.length > 0)
      for (const top of [0, 20, 126]) expect(Math.min(...strip(top)), String(top)).to.be.below(128);
    const blank = await render(['', '']);
    expect(new Set(strip(20, blank.data))).to.deep.equal(new Set([255]));
  });
});
