import {join} from 'node:path';
import {expect} from 'chai';
import {formatOf, formatOfFile, isNamedAsImage, isReadable} from '../../src/datasets/image-format.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {plain, writeTree} from './pictures.js';

describe('formatOf', () => {
  for (const [format, write] of [
    ['JPEG', 'jpeg'],
    ['PNG', 'png'],
    ['GIF', 'gif'],
    ['WebP', 'webp'],
    ['TIFF', 'tiff'],
    ['AVIF', 'avif'],
  ] as const) {
    it(`knows a ${format} file that sharp wrote`, async () => {
      expect(formatOf(await plain('red')[write]().toBuffer())).to.equal(format);
      expect(isReadable(format)).to.equal(true);
    });
  }

  for (const [format, head] of [
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['AVIF', '\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'],
    ['BMP', 'BM\x36\x10\0\0\0\0\0\0\x36\0\0\0'],
    ['JPEG XL', '\xff\x0a\xfa\x1f'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['Photoshop', '8BPS\0\x01'],
    ['TIFF', 'II+\0\x08\0\0\0'],
    [undefined, 'BMW is a make of cars'],
    [undefined, '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    [undefined, 'RIFF\0\0\0\0WAVE'],
    [undefined, ''],
  ] as const) {
    it(`takes ${JSON.stringify(head.slice(0, 24))} for ${format ?? 'no image'}`, () => {
      expect(formatOf(Buffer.from(head, 'latin1'))).to.equal(format);
    });
  }

  it('names what it knows and cannot read', () => {
    expect((['HEIC', 'BMP', 'JPEG XL', 'JPEG 2000', 'Photoshop'] as const).map(isReadable)).to.deep.equal(Array(5).fill(false));
  });
});

describe('formatOfFile', () => {
  it('goes by the bytes and not by the name', async () => {
    const root = temporaryDirectory();
    writeTree(root, {'a.txt': await plain('red').webp().toBuffer(), 'b.jpg': 'hello', 'c.jpg': ''});
    expect(await Promise.all(['a.txt', 'b.jpg', 'c.jpg'].map(name => formatOfFile(join(root, name))))).to.deep.equal([
      'WebP',
      'unknown',
      'empty',
    ]);
  });
});

describe('isNamedAsImage', () => {
  it('knows the usual extensions in any case', () => {
    expect(['x.JPG', 'a/b.jpeg', 'x.TIF', 'x.heic', 'x.png.txt', 'jpg', 'x.xml'].map(isNamedAsImage)).to.deep.equal([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
