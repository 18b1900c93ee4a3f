import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Finding} from '../../../src/core/finding.js';
import {everySample, loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {Sample} from '../../../src/datasets/sample.js';
import {DatasetError} from '../../../src/core/errors.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, noisy, of, plain, writeImages, writeTree} from '../../helpers/images.js';

const namesOf = (samples: readonly Sample[] | undefined): string[] | undefined =>
  samples?.map(({name}) => name);
const messages = (findings: readonly Finding[]): string[] => findings.map(({message}) => message);

/** The sentence a folder is refused with; the exit code is the dataset's. */
async function refusal(root: string, options = {}): Promise<string> {
  const error = await failure(loadImageFolder(root, options));
  expect(error).to.be.instanceOf(DatasetError);
  expect((error as DatasetError).exitCode).to.equal(3);
  return error.message;
}

describe('loadImageFolder', () => {
  describe('a folder per class', () => {
    it('gives every image its class, at any depth', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['dogs/1.png', 'cats/2.png', 'cats/more/3.png']);
      const folder = await loadImageFolder(root);
      expect(folder.layout).to.equal('classes');
      expect(folder.classNames).to.deep.equal(['cats', 'dogs']);
      expect(folder.samples).to.deep.equal([
        {path: join(root, 'cats/2.png'), name: 'cats/2.png', label: 0},
        {path: join(root, 'cats/more/3.png'), name: 'cats/more/3.png', label: 0},
        {path: join(root, 'dogs/1.png'), name: 'dogs/1.png', label: 1},
      ]);
      expect(folder).not.to.have.any.keys('validation', 'test');
      expect(folder.findings).to.deep.equal([]);
    });

    it('reports how many files it has read', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [...of('a', 3), ...of('b', 2)]);
      writeTree(root, {'a/notes.txt': 'hello'});
      const reported: string[] = [];
      await loadImageFolder(root, {onProgress: (done, total) => reported.push(`${done}/${total}`)});
      expect(reported).to.deep.equal(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
    });

    it('orders classes by code point: capitals first, 10 before 2, astral characters last', async () => {
      const root = temporaryDirectory();
      const names = ['10', '2', 'B', 'a', 'ä', '\uff01', '😀'];
      await writeImages(
        root,
        names.toReversed().map(name => `${name}/1.png`),
      );
      expect((await loadImageFolder(root)).classNames).to.deep.equal(names);
    });

    it('takes any name for a class', async () => {
      const root = temporaryDirectory();
      const names = [
        '__proto__',
        'a b',
        'constructor',
        'it\'s "quoted"',
        'new\nline',
        'toString',
        '😀',
      ];
      await writeImages(
        root,
        names.map(name => `${name}/${name}.png`),
      );
      const {classNames, samples} = await loadImageFolder(root);
      expect(classNames).to.deep.equal(names);
      expect(samples.map(({label}) => label)).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    });

    it('does not take train and test for classes when they hold images of their own', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['train/1.png', 'train/old/2.png', 'test/3.png']);
      expect(await refusal(root)).to.match(
        /^train and test hold images and no class folders\. Put the images of each class into a folder/,
      );
    });

    it('takes train for a class where the options say so', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['train/steam/1.png', 'car/2.png', 'plane/3.png']);
      expect(await refusal(root)).to.include('--classes car,plane,train (');
      expect(
        (await loadImageFolder(root, {classes: ['train', 'car', 'plane']})).classNames,
      ).to.deep.equal(['car', 'plane', 'train']);
    });
  });

  describe('a ready-made split', () => {
    for (const [train, validation, test] of [
      ['train', 'val', 'test'],
      ['train', 'valid', 'test'],
      ['Train', 'Validation', 'TEST'],
      ['training', 'validation', 'testing'],
    ]) {
      it(`is known by ${train}, ${validation} and ${test}`, async () => {
        const root = temporaryDirectory();
        await writeImages(root, [
          `${train}/a/1.png`,
          `${train}/b/2.png`,
          `${validation}/a/3.png`,
          `${validation}/b/4.png`,
          `${test}/a/5.png`,
          `${test}/b/6.png`,
        ]);
        const folder = await loadImageFolder(root);
        expect(folder.layout).to.equal('splits');
        expect(folder.classNames).to.deep.equal(['a', 'b']);
        expect(namesOf(folder.samples)).to.deep.equal([`${train}/a/1.png`, `${train}/b/2.png`]);
        expect(namesOf(folder.validation)).to.deep.equal([
          `${validation}/a/3.png`,
          `${validation}/b/4.png`,
        ]);
        expect(namesOf(folder.test)).to.deep.equal([`${test}/a/5.png`, `${test}/b/6.png`]);
      });
    }

    it('may have a training split only', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['train/a/1.png', 'train/b/2.png']);
      const folder = await loadImageFolder(root);
      expect(folder.classNames).to.deep.equal(['a', 'b']);
      expect(folder.validation).to.equal(undefined);
    });

    it('matches classes by name: a missing class shifts nothing, an extra one is skipped', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [
        'train/a/1.png',
        'train/b/2.png',
        'train/c/3.png',
        'val/b/4.png',
        'val/c/5.png',
        'val/aa/6.png',
      ]);
      const {validation, findings} = await loadImageFolder(root);
      expect(validation!.map(({name, label}) => [name, label])).to.deep.equal([
        ['val/b/4.png', 1],
        ['val/c/5.png', 2],
      ]);
      expect(findings).to.deep.equal([
        {
          code: 'missing-class',
          severity: 'warning',
          message:
            'Found no image of class a for validation; its accuracy will not be known there.',
          files: [],
          className: 'a',
        },
        {
          code: 'unknown-class',
          severity: 'warning',
          message: 'Skipped val/aa/6.png: aa is no class of training.',
          files: ['val/aa/6.png'],
          className: 'aa',
        },
      ]);
    });

    it('names the class that a folder without one is nearly named as', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [
        'train/cat/1.png',
        'train/dog/2.png',
        'val/Cat/3.png',
        'val/dogs/4.png',
        'val/cow/5.png',
      ]);
      const {findings} = await loadImageFolder(root);
      expect(
        findings.flatMap(({code, message}) => (code === 'unknown-class' ? [message] : [])),
      ).to.deep.equal([
        'Skipped val/Cat/3.png: Cat is no class of training (cat is: give them one name if they are one).',
        'Skipped val/cow/5.png: cow is no class of training.',
        'Skipped val/dogs/4.png: dogs is no class of training (dog is: give them one name if they are one).',
      ]);
    });

    it('does not count a validation folder without images', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['train/a/1.png', 'train/b/2.png', 'test/a/3.png']);
      mkdirSync(join(root, 'val/a'), {recursive: true});
      expect((await loadImageFolder(root)).validation).to.equal(undefined);
    });

    it('reports images outside the class folders and folders that are no split', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [
        '0.png',
        'train/a/1.png',
        'train/b/2.png',
        'val/a/3.png',
        'val/b/3.png',
        'val/loose.png',
        'more/a/4.png',
        'more/b/5.png',
      ]);
      expect(messages((await loadImageFolder(root)).findings)).to.deep.equal([
        'Skipped 2 files, such as 0.png: it is next to the class folders.',
        'Skipped 2 files, such as more/a/4.png: more is neither for training, validation nor test.',
      ]);
    });
  });

  describe('folders elsewhere', () => {
    it("are for validation and test, instead of the root's own", async () => {
      const [root, val, test] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
      await writeImages(root, ['train/a/1.png', 'train/b/2.png', 'val/a/3.png', 'val/b/4.png']);
      await writeImages(val, ['a/1.png', 'b/2.png']);
      await writeImages(test, ['b/1.png']);
      const folder = await loadImageFolder(root, {valData: val, testData: test});
      expect(folder.validation).to.deep.equal([
        {path: join(val, 'a/1.png'), name: 'validation://a/1.png', label: 0},
        {path: join(val, 'b/2.png'), name: 'validation://b/2.png', label: 1},
      ]);
      expect(folder.test).to.deep.equal([
        {path: join(test, 'b/1.png'), name: 'test://b/1.png', label: 1},
      ]);
      expect(new Set(namesOf(everySample(folder))).size).to.equal(5);
      expect(messages(folder.findings)).to.deep.equal([
        `Skipped 2 files, such as val/a/3.png: ${val} was given instead.`,
        'Found no image of class a for test; its accuracy will not be known there.',
      ]);
    });

    it('report their own odd files under names of their own', async () => {
      const [root, val] = [temporaryDirectory(), temporaryDirectory()];
      await writeImages(root, ['a/1.png', 'b/2.png']);
      await writeImages(val, ['a/1.png', 'b/2.png', 'c/3.png', 'loose.png']);
      writeTree(val, {'a/x.txt': 'hello'});
      expect(messages((await loadImageFolder(root, {valData: val})).findings)).to.deep.equal([
        'Skipped validation://a/x.txt: it is not an image.',
        'Skipped validation://loose.png: it is next to the class folders.',
        'Skipped validation://c/3.png: c is no class of training.',
      ]);
    });

    it('must have the classes of training', async () => {
      const [root, val] = [temporaryDirectory(), temporaryDirectory()];
      await writeImages(root, ['a/1.png', 'b/2.png']);
      await writeImages(val, ['c/1.png']);
      expect(await refusal(root, {valData: val})).to.equal(
        `${val} has no images for validation in folders named as the classes of training, such as a. Give them the same names.`,
      );
    });

    it('must have images that can be read', async () => {
      const [root, val] = [temporaryDirectory(), temporaryDirectory()];
      await writeImages(root, ['a/1.png', 'b/2.png']);
      writeTree(val, {'a/1.png': 'hello', 'b/2.png': ''});
      expect(await refusal(root, {valData: val})).to.match(
        / has no readable images for validation in folders named as the classes of training, such as a; some cannot be read, such as .*a\/1\.png \(its bytes are no image\)\.$/,
      );
      const linked = temporaryDirectory();
      mkdirSync(join(linked, 'a'));
      symlinkSync(join(root, 'a/1.png'), join(linked, 'a/1.png'));
      expect(await refusal(root, {testData: linked})).to.match(
        /a\/1\.png \(it is a link .*\)\. Add --follow-links to read what links lead to\.$/,
      );
      expect(
        (await loadImageFolder(root, {testData: linked, followLinks: true})).test,
      ).to.have.length(1);
    });

    it('must exist', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['a/1.png', 'b/2.png']);
      expect(await refusal(root, {testData: join(root, 'nowhere')})).to.equal(
        `${join(root, 'nowhere')} does not exist. Check the path.`,
      );
    });
  });

  describe('a class with one broken image of six', () => {
    it('is read, the file named and listed', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [...of('cats', 5), ...of('dogs', 6)]);
      writeTree(root, {'cats/bad.jpg': 'hello'});
      const {samples, findings} = await loadImageFolder(root);
      expect(samples).to.have.length(11);
      expect(
        findings.map(({code, message, exclude = []}) => [code, message, ...exclude]),
      ).to.deep.equal([
        ['unreadable-image', 'Skipped cats/bad.jpg: its bytes are no image.', 'cats/bad.jpg'],
        [
          'class-with-broken-images',
          '1 of 6 images of class cats cannot be read, such as cats/bad.jpg (its bytes are no image): the run continues with 5. ' +
            'finetune check DIR --write-exclude exclude.txt lists them.',
        ],
      ]);
    });
  });

  describe('files that are no images', () => {
    it('are known by their bytes, skipped and grouped', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [...of('a', 20), ...of('b', 20)]);
      writeTree(root, {
        'a/x.txt': await plain('red').jpeg().toBuffer(),
        'a/notes.md': 'hello',
        'b/labels.csv': 'a,b',
        'a/page.jpg': '<html>404</html>',
        'b/none.png': '',
        'b/photoshop.jpg': Buffer.from('8BPS\0\x01\0\0', 'latin1'),
      });
      mkdirSync(join(root, 'a/folder.jpg'));
      symlinkSync(join(temporaryDirectory(), 'x'), join(root, 'a/gone.jpg'));
      const {samples, findings} = await loadImageFolder(root);
      expect(namesOf(samples)).to.include('a/x.txt').and.have.length(41);
      expect(findings.map(({code, message}) => [code, message])).to.deep.equal([
        ['unreadable-image', 'Skipped a/page.jpg: its bytes are no image.'],
        ['unreadable-image', 'Skipped b/none.png: it is empty.'],
        [
          'unreadable-image',
          'Skipped b/photoshop.jpg: Photoshop is not supported; convert it to JPEG or PNG.',
        ],
        ['not-an-image', 'Skipped 2 files, such as a/notes.md: it is not an image.'],
        ['broken-symlink', 'Skipped a/gone.jpg: it is a link that leads nowhere.'],
      ]);
    });
  });

  describe('refuses', () => {
    it('a root that is not there', async () => {
      const root = join(temporaryDirectory(), 'pets');
      expect(await refusal(root)).to.equal(`${root} does not exist. Check the path.`);
    });

    it('a root that is a file', async () => {
      const root = temporaryDirectory();
      writeTree(root, {pets: ''});
      expect(await refusal(join(root, 'pets'))).to.equal(
        `${join(root, 'pets')} is an empty file, and no data set. Give a folder with a folder of images for each class, an archive of one (.zip, .tar, .tar.gz), or a list (.csv, .tsv, .jsonl).`,
      );
    });

    it('an empty root', async () => {
      const root = temporaryDirectory();
      expect(await refusal(root)).to.equal(
        `${root} has no class folder; at least 2 are needed. Put the images of each class into a folder with its name.`,
      );
    });

    it('a heap of images', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['1.png', '2.png']);
      expect(await refusal(root)).to.equal(
        `${root} has no class folder; at least 2 are needed. 2 images are outside class folders. Put the images of each class into a folder with its name.`,
      );
    });

    it('a single class', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['cats/1.png']);
      expect(await refusal(root)).to.equal(
        `${root} has only one class folder, cats; at least 2 are needed. Put the images of each class into a folder with its name.`,
      );
    });

    it('a class without images', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['cats/1.png']);
      mkdirSync(join(root, 'dogs'));
      expect(await refusal(root)).to.equal(
        `Class dogs has no images in ${join(root, 'dogs')}. Add images or remove the class.`,
      );
    });

    it('a class of which nothing can be read', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [
        'train/cats/1.png',
        'train/dogs/2.png',
        'val/cats/1.png',
        'train/fish/x/3.txt',
      ]);
      writeTree(root, {'train/ants/1.jpg': 'hello'});
      expect(await refusal(root)).to.equal(
        `Class ants has no images in ${join(root, 'train/ants')} that can be read, ` +
          `such as ${join(root, 'train/ants/1.jpg')} (its bytes are no image). Add images or remove the class.`,
      );
    });

    it('a class of which more than half are no images, with the command that lists them', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [...of('cats', 5), ...of('dogs', 9)]);
      for (let i = 0; i < 5; i++) writeTree(root, {[`cats/bad ${i}.jpg`]: ''});
      expect((await loadImageFolder(root)).samples).to.have.length(14);
      writeTree(root, {'cats/worse.jpg': 'hello'});
      expect(await refusal(root)).to.equal(
        `6 of 11 images of class cats cannot be read, such as ${join(root, 'cats/bad 0.jpg')} (it is empty). Repair or replace them; ` +
          'to train without them, list them with finetune check DIR --write-exclude exclude.txt and add --exclude exclude.txt.',
      );
    });

    it('a class of which one image is left', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [...of('cats', 1), ...of('dogs', 3)]);
      expect((await loadImageFolder(root)).samples).to.have.length(4);
      writeTree(root, {'cats/bad.jpg': ''});
      expect(await refusal(root)).to.match(/^1 of 2 images of class cats cannot be read/);
      expect((await loadImageFolder(root, {exclude: ['cats/bad.jpg']})).samples).to.have.length(4);
    });

    it('to continue when aborted', async () => {
      const root = temporaryDirectory();
      await writeImages(root, ['a/1.png', 'b/2.png']);
      expect(
        (await failure(loadImageFolder(root, {signal: AbortSignal.abort()}))).message,
      ).to.equal('The run was stopped.');
    });
  });

  describe('limit', () => {
    it('limits each class in each split, the same way for the same seed', async () => {
      const root = temporaryDirectory();
      await writeImages(root, [
        ...of('train/a', 30),
        ...of('train/b', 3),
        ...of('val/a', 12),
        ...of('val/b', 12),
      ]);
      const [one, again, other] = await Promise.all(
        [1, 1, 2].map(seed => loadImageFolder(root, {maxPerClass: 5, seed})),
      );
      expect(one!.samples.map(({label}) => label)).to.deep.equal([0, 0, 0, 0, 0, 1, 1, 1]);
      expect(one!.validation).to.have.length(10);
      expect(again).to.deep.equal(one);
      const over = one!.findings.find(({code}) => code === 'over-limit');
      expect(over!.message).to.match(
        /^Skipped 39 files, such as train\/a\/\d+\.png: its class has more images than --max-per-class\.$/,
      );
      expect(over!.files).to.have.length(39);
      expect(everySample(one!).filter(({name}) => over!.files.includes(name))).to.deep.equal([]);
      expect(namesOf(other!.samples)).not.to.deep.equal(namesOf(one!.samples));
    });
  });

  it('lists 5,000 files in seconds', async function () {
    this.timeout(20_000);
    const root = temporaryDirectory();
    const image = await noisy(1, 8, 8).png().toBuffer();
    for (let label = 0; label < 50; label++) mkdirSync(join(root, `class ${label}`));
    for (let i = 0; i < 5000; i++) writeFileSync(join(root, `class ${i % 50}`, `${i}.png`), image);
    const start = performance.now();
    expect((await loadImageFolder(root)).samples).to.have.length(5000);
    expect(performance.now() - start).to.be.below(5000);
  });
});
