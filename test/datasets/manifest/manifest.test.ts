import {join} from 'node:path';
import {expect} from 'chai';
import {everySample, loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, ImageFolderOptions} from '../../../src/datasets/sample.js';
import {planSplit} from '../../../src/datasets/splitting/split.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, of, writeImages, writeTree} from '../../helpers/images.js';

describe('a list of images', () => {
  let root = '';
  before(async () => {
    root = temporaryDirectory();
    await writeImages(root, [
      ...of('cats', 4),
      ...of('dogs', 4),
      'more/a, b.png',
      'more/say "x".png',
      'more/7.png',
    ]);
  });

  const load = (
    text: string,
    name = 'list.csv',
    options?: ImageFolderOptions,
  ): Promise<ImageFolder> => {
    writeTree(root, {[name]: text});
    return loadImageFolder(join(root, name), options);
  };
  const labelled = ({classNames, samples}: Pick<ImageFolder, 'classNames' | 'samples'>): string[] =>
    samples.map(({name, label}) => `${classNames[label]} ${name}`);
  const message = async (text: string, name?: string): Promise<string> =>
    (await failure(load(text, name))).message;

  it('is read by the names of its columns, in any order', async () => {
    const folder = await load(
      'split,label,note,path\n,cat,x,cats/0.png\n,dog,,dogs/0.png\nval,cat,,cats/1.png\ntest,dog,,dogs/1.png\n',
    );
    expect(labelled(folder)).to.deep.equal(['cat cats/0.png', 'dog dogs/0.png']);
    expect(labelled({...folder, samples: folder.validation!})).to.deep.equal(['cat cats/1.png']);
    expect(labelled({...folder, samples: folder.test!})).to.deep.equal(['dog dogs/1.png']);
    expect(folder).to.include({layout: 'manifest', root});
    expect(folder.findings).to.deep.equal([]);
  });

  it('may begin with the line that says Excel what separates, and counts it', async () => {
    expect(
      labelled(await load('sep=;\r\npath;label\r\ncats/0.png;cat\r\ndogs/0.png;dog\r\n')),
    ).to.have.length(2);
    expect(
      labelled(await load('sep=|\npath|label\ncats/0.png|cat\ndogs/0.png|dog\n')),
    ).to.have.length(2);
    expect(await message('sep=;\npath;label\ncats/0.png;\ndogs/0.png;dog\n')).to.include('line 3');
  });

  it('of files that are elsewhere is refused with where its paths begin', async () => {
    expect(await message('path,label\nC:\\x\\cats\\0.png,cat\nC:\\x\\dogs\\0.png,dog\n')).to.match(
      /\(there is no such file\)\. Check the paths in the list: they begin in its folder\.$/,
    );
  });

  it('may be next to the folder of its images, with paths as Windows writes them', async () => {
    const text = 'path,label\r\n..\\cats\\0.png,cat\r\n.\\..\\dogs\\0.png,dog\r\n';
    const {samples} = await load(text, 'lists/list.csv');
    expect(samples.map(({path}) => path)).to.deep.equal([
      join(root, 'cats/0.png'),
      join(root, 'dogs/0.png'),
    ]);
  });

  it('without names of columns has path, label and split', async () => {
    expect(labelled(await load('cats/0.png,cat\ndogs/0.png,dog\n'))).to.deep.equal([
      'cat cats/0.png',
      'dog dogs/0.png',
    ]);
  });

  it('may have commas, quotes, a byte order mark, Windows line ends and empty lines', async () => {
    const folder = await load(
      '\uFEFFpath,label\r\n"more/a, b.png","a, b"\r\n\r\n"more/say ""x"".png","say ""x"""\r\nmore/7.png,7\r\n',
    );
    expect(labelled(folder)).to.deep.equal([
      '7 more/7.png',
      'a, b more/a, b.png',
      'say "x" more/say "x".png',
    ]);
  });

  it('may be separated by tabs, or have an object a line', async () => {
    const expected = ['cat cats/0.png', 'dog dogs/0.png'];
    expect(
      labelled(await load('path\tlabel\ncats/0.png\tcat\ndogs/0.png\tdog\n', 'list.tsv')),
    ).to.deep.equal(expected);
    const lines = [
      '{"image": "cats/0.png", "class": "cat"}',
      '',
      '{"class": "dog", "image": "dogs/0.png", "width": 3}',
    ];
    expect(labelled(await load(lines.join('\n'), 'list.jsonl'))).to.deep.equal(expected);
    expect(
      (await load('{"path":"cats/0.png","label":1}\n{"path":"dogs/0.png","label":2}', 'list.jsonl'))
        .classNames,
    ).to.deep.equal(['1', '2']);
  });

  it('may name images elsewhere, by whole paths', async () => {
    const other = temporaryDirectory();
    await writeImages(other, ['x.png']);
    const folder = await load(`${join(other, 'x.png')},cat\n./dogs/../dogs/0.png,dog\n`);
    expect(folder.samples.map(({name, path}) => [name, path])).to.deep.equal([
      [join(other, 'x.png'), join(other, 'x.png')],
      ['dogs/0.png', join(root, 'dogs/0.png')],
    ]);
  });

  it('reports duplicate rows and missing images', async () => {
    const rows = [0, 1, 2, 3].map(i => `cats/${i}.png,cat\ndogs/${i}.png,dog\n`).join('');
    const folder = await load(`${rows}cats/1.png,cat\nmore/7.png,cat\nmore/7.png,cat\n`);
    expect(folder.findings.map(({code, files}) => [code, ...files])).to.deep.equal([
      ['duplicate-rows', 'cats/1.png', 'more/7.png'],
    ]);
    expect(everySample(folder)).to.have.length(9);
    const lost = await load(`${rows}cats/9.png,cat\n`);
    expect(lost.findings.map(({code, exclude = []}) => [code, ...exclude])).to.deep.equal([
      ['missing-image', 'cats/9.png'],
      ['class-with-broken-images'],
    ]);
    const gone = [4, 5, 6, 7, 8].map(i => `cats/${i}.png,cat\n`).join('');
    expect(await message(rows + gone)).to.match(
      /^5 of 9 images of class cat cannot be read, such as .*cats\/4\.png \(there is no such file\)/,
    );
    expect((await load(rows + gone, 'list.csv', {collectErrors: true})).error).to.have.property(
      'code',
      'CLASS_UNREADABLE',
    );
  });

  it('takes the requested classes, images and numbers', async () => {
    const rows = [0, 1, 2, 3]
      .map(i => `cats/${i}.png,cat\ndogs/${i}.png,dog\nmore/7.png,odd\n`)
      .join('');
    const folder = await load(rows, 'list.csv', {
      classes: ['dog', 'cat'],
      exclude: ['cats/0.png'],
      maxPerClass: 2,
      seed: 1,
    });
    expect(folder.classNames).to.deep.equal(['cat', 'dog']);
    expect(folder.samples).to.have.length(4);
    expect(folder.samples.map(({name}) => name)).to.not.include('cats/0.png');
    expect(folder.findings.map(({code}) => code)).to.deep.equal([
      'duplicate-rows',
      'class-filtered',
      'excluded',
      'over-limit',
    ]);
  });

  it('reports labels that only validation images have', async () => {
    const folder = await load(
      'path,label,split\ncats/0.png,cat,\ndogs/0.png,dog,\ncats/1.png,lynx,val\n',
    );
    expect(
      folder.findings.map(({code, severity, message: text}) => [code, severity, text]),
    ).to.deep.equal([
      ['class-filtered', 'warning', 'Skipped cats/1.png: no image for training has its label.'],
    ]);
  });

  it('is split as a folder is', async () => {
    const folder = await load(
      [0, 1, 2, 3].map(i => `cats/${i}.png,cat\ndogs/${i}.png,dog\n`).join(''),
    );
    const {train, validation} = planSplit(
      folder,
      {samples: folder.samples, contentHash: ({name}) => name},
      {seed: 1, valSplit: 0.25},
    );
    expect([train.length, validation.length]).to.deep.equal([6, 2]);
  });

  for (const [what, text, expected, name] of [
    [
      'more columns than names',
      'path,label\ncats/0.png,cats, small\n',
      /^\S+, line 2, has 3 columns, and 2 are the most\. Put a comma of a name into quotes\.$/,
    ],
    [
      'a line without a label',
      'path,label\ncats/0.png,cat\ncats/1.png\n',
      /^\S+list\.csv, line 3, has no label for cats\/1\.png\. Add it, or remove the line\.$/,
    ],
    [
      'a line without a path',
      'cats/0.png,cat\n,dog\n',
      /^\S+, line 2, has no path of an image\. Add it, or remove the line\.$/,
    ],
    [
      'two labels for an image',
      'cats/0.png,cat\ndogs/0.png,dog\ncats/0.png,dog\n',
      /^\S+, line 3, has another label or split for cats\/0\.png than line 1\. Keep one of the two\.$/,
    ],
    [
      'a split of another name',
      'path,label,split\ncats/0.png,cat,extra\n',
      /^\S+, line 2, has extra as the split of cats\/0\.png\. Use train, validation or test\.$/,
    ],
    [
      'one label',
      'cats/0.png,cat\n',
      /^\S+ has only one class with images, cat; at least 2 are needed\. Add lines of other labels, or name the right column with --label-column\.$/,
    ],
    [
      'an open quote',
      'path,label\n"cats/0.png,cat\n',
      /^\S+ is no list of images: Quote Not Closed/,
    ],
    [
      'text that is no JSON',
      '{"path": "a.png", "label": "x"}\nwhat\n',
      /^\S+, line 2, is no JSON object with a path and a label: what\.$/,
      'list.jsonl',
    ],
  ] as const) {
    it(`is refused for ${what}`, async () => expect(await message(text, name)).to.match(expected));
  }

  it('is refused where it is not there', async () => {
    expect((await failure(loadImageFolder(join(root, 'none.csv')))).message).to.match(
      /^\S+none\.csv does not exist\. Check the path\.$/,
    );
  });
});
