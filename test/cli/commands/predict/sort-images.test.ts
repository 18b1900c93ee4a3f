import {expect} from 'chai';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ImageSorter, isInside} from '../../../../src/cli/commands/predict/sort-images.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';

const classified = (image: string, className: string, isUnknown: boolean | null = false) => ({
  image,
  isUnknown,
  predictions: [{className, probability: 0.9}],
});

describe('predict --sort', () => {
  it('copies images into a folder per class, and moves nothing', async () => {
    const root = temporaryDirectory();
    const [a, b] = [join(root, 'a.jpg'), join(root, 'b.jpg')];
    writeFileSync(a, 'a');
    writeFileSync(b, 'b');
    const sorter = new ImageSorter(join(root, 'sorted'), ['ants']);
    await sorter.add([classified(a, 'ants'), classified(b, 'ants', true)]);
    expect(readdirSync(root).sort()).to.deep.equal(['a.jpg', 'b.jpg', 'sorted']);
    expect(readFileSync(join(root, 'sorted/ants/a.jpg'), 'utf8')).to.equal('a');
    expect(readFileSync(join(root, 'sorted/unknown/b.jpg'), 'utf8')).to.equal('b');
  });

  it('overwrites nothing: another file of the same name gets a number, the same file is there already', async () => {
    const root = temporaryDirectory();
    for (const [folder, text] of [
      ['one', 'first'],
      ['two', 'second'],
      ['three', 'first'],
    ] as const) {
      mkdirSync(join(root, folder));
      writeFileSync(join(root, folder, 'x.jpg'), text);
    }
    const sorter = new ImageSorter(join(root, 'sorted'), ['cats']);
    for (const folder of ['one', 'two', 'three', 'one'])
      await sorter.add([classified(join(root, folder, 'x.jpg'), 'cats')]);
    expect(readdirSync(join(root, 'sorted/cats')).sort()).to.deep.equal(['x-2.jpg', 'x.jpg']);
    expect(readFileSync(join(root, 'sorted/cats/x-2.jpg'), 'utf8')).to.equal('second');
  });

  it('makes a folder of any class name, and never one for two classes', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'a.jpg'), 'a');
    const names = ['../up', 'a/b', 'a:b', '..', 'CON: <x>', '猫', 'unknown', 'Cat', 'cat'];
    const sorter = new ImageSorter(join(root, 'sorted'), names);
    for (const name of names) await sorter.add([classified(join(root, 'a.jpg'), name)]);
    expect(readdirSync(join(root, 'sorted')).sort()).to.deep.equal(
      ['.._up', 'CON_ _x_', '_', 'a_b', 'a_b-2', '猫', 'unknown-2', 'Cat', 'cat-2'].sort(),
    );
    expect(readdirSync(root).sort()).to.deep.equal(['a.jpg', 'sorted']);
  });

  it('says what cannot be copied', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'file'), '');
    const sorter = new ImageSorter(join(root, 'file'), ['x']);
    expect(
      (await rejectionOf(sorter.add([classified(join(root, 'a.jpg'), 'x')]))).message,
    ).to.match(/cannot be copied to .*--sort/);
  });

  it('knows what is inside a folder', () => {
    expect(isInside('/a/b', '/a')).to.be.true;
    expect(isInside('/a', '/a')).to.be.true;
    expect(isInside('/a/..b', '/a')).to.be.true;
    expect(isInside('/ab', '/a')).to.be.false;
    expect(isInside('/', '/a')).to.be.false;
  });
});
