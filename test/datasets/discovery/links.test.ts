import {mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {Sample} from '../../../src/datasets/sample.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, of, writeImages} from '../../helpers/images.js';

const namesOf = (samples: readonly Sample[] | undefined): string[] | undefined =>
  samples?.map(({name}) => name);

/** Images that lie elsewhere under names of their contents, as in the cache of Hugging Face, DVC and git-annex. */
async function linked(root: string, names: readonly string[]): Promise<void> {
  const blobs = temporaryDirectory();
  await writeImages(
    blobs,
    names.map((_, i) => `${i}00ab`),
  );
  for (const [i, name] of names.entries()) {
    mkdirSync(join(root, name, '..'), {recursive: true});
    symlinkSync(join(blobs, `${i}00ab`), join(root, name));
  }
}

describe('links that lead outside a dataset', () => {
  const NAMES = [
    ...of('train/cats', 2),
    ...of('train/dogs', 2),
    ...of('val/cats', 1),
    ...of('val/dogs', 1),
  ];

  it('are reported where nothing else exists, with the option that follows them', async () => {
    const root = temporaryDirectory();
    await linked(root, NAMES);
    const error = await failure(loadImageFolder(root));
    expect(error).to.include({code: 'CLASS_EMPTY', exitCode: 3});
    expect(error.message).to.equal(
      `Class cats has no images in ${join(root, 'train/cats')} that can be read, such as ${join(root, 'train/cats/0.png')} ` +
        '(it is a link that leads outside the folder, and --follow-links was not given). Add --follow-links to read what links lead to.',
    );
    const folder = await loadImageFolder(root, {followLinks: true});
    expect(namesOf(folder.samples)).to.deep.equal(NAMES.slice(0, 4));
    expect(namesOf(folder.validation)).to.deep.equal(NAMES.slice(4));
    expect(folder.findings).to.deep.equal([]);
  });

  it('are counted as broken among others', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('cats', 2), ...of('dogs', 2)]);
    await linked(root, ['cats/a.png']);
    const {samples, findings} = await loadImageFolder(root);
    expect(samples).to.have.length(4);
    expect(findings.map(({code}) => code)).to.deep.equal([
      'external-symlink',
      'class-with-broken-images',
    ]);
    await linked(root, ['cats/b.png', 'cats/c.png']);
    expect((await failure(loadImageFolder(root))).message).to.match(
      /^3 of 5 images of class cats cannot be read/,
    );
    expect((await loadImageFolder(root, {followLinks: true})).samples).to.have.length(7);
  });

  for (const [what, folders] of [
    ['a class', ['cats']],
    ['all classes', ['cats', 'dogs']],
    ['training', ['train']],
  ] as const) {
    it(`end a run where they may be ${what}`, async () => {
      const [root, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
      await writeImages(elsewhere, [
        'cats/1.png',
        'dogs/2.png',
        'train/cats/3.png',
        'train/dogs/4.png',
      ]);
      await writeImages(
        root,
        what === 'training'
          ? ['val/cats/1.png', 'val/dogs/2.png']
          : what === 'a class'
            ? ['dogs/1.png', 'cows/2.png']
            : ['1.txt'],
      );
      for (const folder of folders) symlinkSync(join(elsewhere, folder), join(root, folder));
      const error = await failure(loadImageFolder(root));
      expect(error).to.include({code: 'INVALID_CLASS_FOLDER', exitCode: 3});
      expect(error.message).to.equal(
        `${join(root, folders[0])} cannot be used as a folder of images: it is a link that leads outside the folder, and --follow-links was not given. ` +
          'Add --follow-links to read what it leads to.',
      );
      const folder = await loadImageFolder(root, {followLinks: true});
      expect(folder.classNames).to.include('cats');
      expect(folder.validation === undefined).to.equal(what !== 'training');
    });
  }

  it('end a run where they lead nowhere and may be a class', async () => {
    const root = temporaryDirectory();
    await writeImages(root, ['cats/1.png', 'dogs/2.png']);
    symlinkSync('gone', join(root, 'cows'));
    for (const followLinks of [false, true]) {
      const error = await failure(loadImageFolder(root, {followLinks}));
      expect(error.message).to.equal(
        `${join(root, 'cows')} cannot be used as a folder of images: it is a link that leads nowhere. Repair or remove it.`,
      );
    }
    expect((await loadImageFolder(root, {exclude: ['cows']})).classNames).to.deep.equal([
      'cats',
      'dogs',
    ]);
    expect((await loadImageFolder(root, {classes: ['cats', 'dogs']})).classNames).to.deep.equal([
      'cats',
      'dogs',
    ]);
  });

  it('come to an end where they lead in circles', async () => {
    const [root, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    await writeImages(root, [...of('cats', 2), ...of('dogs', 2)]);
    await writeImages(elsewhere, ['more/9.png']);
    symlinkSync(root, join(elsewhere, 'more/back'));
    symlinkSync(elsewhere, join(elsewhere, 'more/round'));
    symlinkSync(join(elsewhere, 'more'), join(root, 'cats/more'));
    const {samples, findings} = await loadImageFolder(root, {followLinks: true});
    expect(namesOf(samples)).to.include('cats/more/9.png').and.have.length.below(20);
    expect(findings.map(({code}) => code)).to.include('duplicate-symlink');
  });
});
