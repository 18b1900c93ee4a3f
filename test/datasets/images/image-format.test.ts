import {join} from 'node:path';
import {expect} from 'chai';
import {
  describeUnreadableFormat,
  detectFormat,
  detectFileFormat,
  hasImageExtension,
  getDecoder,
} from '../../../src/datasets/images/image-format.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {plain, writeTree} from '../../helpers/images.js';

describe('detectFormat', () => {
  for (const [format, write] of [
    ['JPEG', 'jpeg'],
    ['PNG', 'png'],
    ['GIF', 'gif'],
    ['WebP', 'webp'],
    ['TIFF', 'tiff'],
    ['AVIF', 'avif'],
  ] as const) {
    it(`knows a ${format} file that sharp wrote`, async () => {
      expect(detectFormat(await plain('red')[write]().toBuffer())).to.equal(format);
      expect(getDecoder(format)).to.equal('libvips');
    });
  }

  for (const [format, head] of [
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['AVIF', '\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'],
    ['BMP', 'BM\x36\x10\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0'],
    ['BMP', 'BM\x36\x10\0\0\x01\0\0\0\x36\0\0\0\x0c\0\0\0'],
    ['Netpbm', 'P6\n64 48\n255\n'],
    ['Netpbm', 'P5 # written by hand\n64 48 255 '],
    ['Netpbm', 'P4# a comment\n8 8\n'],
    ['Netpbm', 'P7\nWIDTH 4\n'],
    [undefined, 'P5 is a grade of steel'],
    [undefined, 'P6,12,4\n'],
    [undefined, 'P640 480\n'],
    ['CR2', 'II*\0\x10\0\0\0CR\x02\0'],
    ['CR3', '\0\0\0\x18ftypcrx \0\0\0\x01crx isom'],
    ['RAF', 'FUJIFILMCCD-RAW 0201FF'],
    ['ORF', 'IIRO\x08\0\0\0'],
    ['RW2', 'IIU\0\x18\0\0\0'],
    ['DICOM', `${'\0'.repeat(128)}DICM\x02\0`],
    ['PDF', '%PDF-1.7\n'],
    ['OpenEXR', 'v/1\x01\x02\0\0\0'],
    ['Radiance HDR', '#?RADIANCE\n'],
    ['ICO', '\0\0\x01\0\x01\0\x20\x20\0\0\x01\0'],
    ['TGA', '\0\0\x02\0\0\0\0\0\0\0\0\0\x40\0\x30\0\x18\x20'],
    ['MPEG-4 video', '\0\0\0\x18ftypisom\0\0\x02\0isomiso2'],
    ['MPEG-4 video', '\0\0\0\x14ftypqt  \0\0\x02\0qt  '],
    ['JPEG XL', '\xff\x0a\xfa\x1f'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['Photoshop', '8BPS\0\x01'],
    ['TIFF', 'II+\0\x08\0\0\0'],
    [undefined, 'BMW is a make of cars'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['SVG', '<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="9">'],
    [undefined, '<html><body><svg></svg>'],
    [undefined, 'RIFF\0\0\0\0WAVE'],
    [undefined, ''],
  ] as const) {
    it(`takes ${JSON.stringify(head.slice(0, 24))} for ${format ?? 'no image'}`, () => {
      expect(detectFormat(Buffer.from(head, 'latin1'))).to.equal(format);
    });
  }

  it('names what it knows and cannot read, with the remedy', () => {
    for (const format of [
      'JPEG XL',
      'JPEG 2000',
      'Photoshop',
      'CR3',
      'DICOM',
      'PDF',
      'SVG',
      'MPEG-4 video',
    ] as const) {
      expect(describeUnreadableFormat(format), format).to.match(
        new RegExp(`^${format} is not supported; (convert|develop|save) `),
      );
    }
    for (const format of ['JPEG', 'BMP', 'Netpbm', 'HEIC', 'AVIF'] as const)
      expect(describeUnreadableFormat(format), format).to.equal(undefined);
  });
});

describe('detectFileFormat', () => {
  it('goes by the bytes and not by the name', async () => {
    const root = temporaryDirectory();
    writeTree(root, {'a.txt': await plain('red').webp().toBuffer(), 'b.jpg': 'hello', 'c.jpg': ''});
    expect(
      await Promise.all(
        ['a.txt', 'b.jpg', 'c.jpg'].map(name => detectFileFormat(join(root, name))),
      ),
    ).to.deep.equal(['WebP', 'unknown', 'empty']);
  });
});

describe('hasImageExtension', () => {
  it('knows the usual extensions in any case', () => {
    expect(
      ['x.JPG', 'a/b.jpeg', 'x.TIF', 'x.heic', 'x.png.txt', 'jpg', 'x.xml'].map(hasImageExtension),
    ).to.deep.equal([true, true, true, true, false, false, false]);
  });
});
