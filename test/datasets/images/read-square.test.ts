import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  TORCHVISION_PREPROCESSING,
  withFit,
  withImageSize,
} from '../../../src/core/preprocessing.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import {decodeFile} from '../../../src/datasets/images/decode.js';
import {ImageError} from '../../../src/datasets/images/image-error.js';
import {readSquare} from '../../../src/datasets/images/read-square.js';
import {failure, noisy} from '../../helpers/images.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const preprocessing = withImageSize(TORCHVISION_PREPROCESSING, 32);

describe('readSquare', () => {
  let folder = '';
  let path = '';
  before(async () => {
    folder = temporaryDirectory();
    path = join(folder, 'image.png');
    writeFileSync(path, await noisy(3, 70, 50).png().toBuffer());
  });

  it('reads a path, bytes and a Blob alike', async () => {
    for (const fit of ['crop', 'squash', 'pad'] as const) {
      const options = withFit(preprocessing, fit);
      const expected = centerCrop(await decodeFile(path, options), 32);
      const bytes = readFileSync(path);
      for (const image of [path, bytes, new Blob([bytes])])
        expect(await readSquare(image, options), fit).to.deep.equal(expected);
    }
  });

  it('says why there are no pixels', async () => {
    const reasonOf = async (image: string | Uint8Array): Promise<string> => {
      const error = await failure(readSquare(image, preprocessing));
      expect(error).to.be.instanceOf(ImageError);
      expect(error).to.have.property('cause');
      return error.message;
    };
    expect(await reasonOf(join(folder, 'none.png'))).to.equal('there is no such file');
    expect(await reasonOf(folder)).to.equal('it is a folder');
    expect(await reasonOf(readFileSync(path).subarray(0, 2000))).to.equal(
      'it is damaged or cut off',
    );
  });
});
