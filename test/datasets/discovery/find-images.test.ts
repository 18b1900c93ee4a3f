import {symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {findImages} from '../../../src/datasets/discovery/find-images.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {writeImages, writeTree} from '../../helpers/images.js';

describe('findImages', () => {
  let root = '';
  before(async () => {
    root = temporaryDirectory();
    await writeImages(root, ['b.png', 'a.png', 'sub/deep/c', 'sub/d.png']);
    writeTree(root, {'notes.txt': 'notes', 'broken.png': 'no image', 'empty/readme.txt': ''});
  });
  const found = async (...words: string[]): Promise<string[]> =>
    (await findImages(words.map(word => join(root, word)))).images.map(path =>
      path.slice(root.length + 1),
    );

  it('takes a file as it is, whatever it holds', async () => {
    expect(await found('notes.txt', 'a.png')).to.deep.equal(['notes.txt', 'a.png']);
  });

  it('takes every image below a folder, by its bytes', async () => {
    expect(await found('sub')).to.deep.equal(['sub/d.png', 'sub/deep/c']);
  });

  it('takes what a pattern matches, if it holds an image or says so', async () => {
    expect(await found('*')).to.deep.equal(['a.png', 'b.png', 'broken.png']);
    expect(await found('**/*.png')).to.deep.equal(['a.png', 'b.png', 'broken.png', 'sub/d.png']);
  });

  it('takes the images of a folder, and reports everything else there', async () => {
    writeTree(root, {'odd/cut.png': 'no image', 'odd/notes.txt': 'notes', 'odd/.hidden.jpg': ''});
    const {images, findings} = await findImages([join(root, 'odd'), join(root, 'odd')]);
    expect(images).to.deep.equal([join(root, 'odd', 'cut.png')]);
    expect(findings.map(({code, files}) => [code, ...files])).to.deep.equal([
      ['not-an-image', join(root, 'odd', 'notes.txt')],
      ['hidden', join(root, 'odd', '.hidden.jpg')],
    ]);
    expect((await findImages([join(root, 'su*/*')])).findings).to.deep.equal([]);
    const [other] = (await findImages([join(root, 'odd', '*')])).findings;
    expect(other).to.deep.include({code: 'not-an-image', files: [join(root, 'odd', 'notes.txt')]});
  });

  it('takes a file once', async () => {
    expect(await found('a.png', '*.png', 'a.png')).to.deep.equal(['a.png', 'b.png', 'broken.png']);
  });

  it('follows links that lead outside where the options say so', async () => {
    const [root, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    await writeImages(elsewhere, ['1.png']);
    await writeImages(root, ['2.png']);
    symlinkSync(join(elsewhere, '1.png'), join(root, '1.png'));
    const {images, findings} = await findImages([root]);
    expect([images, findings.map(({code}) => code)]).to.deep.equal([
      [join(root, '2.png')],
      ['external-symlink'],
    ]);
    expect((await findImages([root], {followLinks: true})).images).to.deep.equal([
      join(root, '1.png'),
      join(root, '2.png'),
    ]);
  });

  it('refuses a word that stands for nothing', async () => {
    const nothing = await rejectionOf(findImages([join(root, '*.gif')]));
    expect(nothing.message).to.equal(
      `${join(root, '*.gif')} stands for no file. Check the path, or give an image file, a folder of images or a pattern that matches some.`,
    );
    expect(nothing).to.include({exitCode: 2, code: 'NO_IMAGES_FOUND'});
    const empty = await rejectionOf(findImages([join(root, 'empty')]));
    expect(empty.message).to.include(`${join(root, 'empty')} holds no image. Check the path`);
  });
});
