import {join} from 'node:path';
import {expect} from 'chai';
import type {DatasetError} from '../../../src/core/errors.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, ImageFolderOptions} from '../../../src/datasets/sample.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, of, writeImages, writeTree} from '../../helpers/images.js';

type Content = string | Uint8Array;

const utf16 = (text: string): Buffer =>
  Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')]);
const bigEndian = (text: string): Buffer => utf16(text).swap16();

describe('the columns of a list', () => {
  let root = '';
  before(async () => {
    root = temporaryDirectory();
    await writeImages(root, [
      ...of('cats', 4),
      ...of('dogs', 4),
      'train/7.png',
      'train/a1.png',
      'train/b2.png',
      'test/a1.png',
      'images/é.png',
    ]);
  });

  const load = (
    text: Content,
    name = 'list.csv',
    options?: ImageFolderOptions,
  ): Promise<ImageFolder> => {
    writeTree(root, {[name]: text});
    return loadImageFolder(join(root, name), options);
  };
  const labelled = ({classNames, samples}: Pick<ImageFolder, 'classNames' | 'samples'>): string[] =>
    samples.map(({name, label}) => `${classNames[label]} ${name}`);
  const refusal = async (
    text: Content,
    name?: string,
    options?: ImageFolderOptions,
  ): Promise<string> => {
    const error = (await failure(load(text, name, options))) as DatasetError;
    expect(error.exitCode).to.equal(3);
    return error.message.replaceAll(root, 'DIR');
  };

  const CATS = ['cat cats/0.png', 'dog dogs/0.png'];
  const AB = ['cat train/a1.png', 'dog train/b2.png'];

  for (const [what, text, expected, name] of [
    ['image_id and label', 'image_id,label\na1.png,cat\nb2.png,dog\n', AB, 'train.csv'],
    ['id and breed, without extensions', 'id,breed\na1,cat\nb2,dog\n', AB, 'train.csv'],
    ['Image_ID and category', 'Image_ID,category\ncats/0,cat\ndogs/0,dog\n', CATS],
    ['filename and class', 'filename,class\ncats/0.png,cat\ndogs/0.png,dog\n', CATS],
    ['an index of pandas', ',filename,width,label\n0,cats/0.png,3,cat\n1,dogs/0.png,4,dog\n', CATS],
    [
      'diagnosis among others',
      'image_name,age,diagnosis,sex\ncats/0,40,cat,f\ndogs/0,50,dog,m\n',
      CATS,
    ],
    ['label and label_name', 'file,label,label_name\ncats/0.png,0,cat\ndogs/0.png,1,dog\n', CATS],
    [
      'names that nobody knows, of two columns',
      'specimen,outcome\ncats/0.png,cat\ndogs/0.png,dog\n',
      CATS,
    ],
    [
      'a 1 below the class, with spaces, as Roboflow writes it',
      'filename, cat, dog\ncats/0.png, 1, 0\ndogs/0.png, 0, 1\n',
      CATS,
    ],
    ['a 1.0 below the class', 'image,cat,dog,bird\ncats/0,1.0,0.0,0.0\ndogs/0,0.0,1.0,0.0\n', CATS],
    ['semicolons', 'path;label\ncats/0.png;cat\ndogs/0.png;dog\n', CATS],
    ['tabs in a .csv', 'path\tlabel\ncats/0.png\tcat\ndogs/0.png\tdog\n', CATS],
    ['commas in a .tsv', 'path,label\ncats/0.png,cat\ndogs/0.png,dog\n', CATS, 'list.tsv'],
    ['paths of Windows', 'path,label\ncats\\0.png,cat\n.\\dogs\\0.png,dog\n', CATS],
    ['a separator after the last cell', 'path,label\ncats/0.png,cat,\ndogs/0.png,dog,\n', CATS],
    [
      'keys of JSON',
      '{"file_name": "cats/0.png", "label": ["cat"]}\n{"file_name": "dogs/0.png", "label": "dog"}\n',
      CATS,
      'metadata.jsonl',
    ],
    ['UTF-16 with its mark', utf16('path,label\ncats/0.png,cat\ndogs/0.png,dog\n'), CATS],
    ['UTF-16, big end first', bigEndian('path,label\ncats/0.png,cat\ndogs/0.png,dog\n'), CATS],
    ['the label first, without names', 'cat,cats/0.png\ndog,dogs/0.png\n', CATS],
    ['quotes behind spaces', 'path, label\n"cats/0.png", "cat"\n"dogs/0.png", "dog"\n', CATS],
    [
      'sports of Kaggle',
      'class id,filepaths,labels,data set\n0,cats/0.png,cat,train\n1,dogs/0.png,dog,train\n',
      CATS,
    ],
    [
      'names of several words',
      'image,labels\ncats/0.png,golden cat\ndogs/0.png,small black dog\n',
      ['golden cat cats/0.png', 'small black dog dogs/0.png'],
    ],
    [
      'accents apart',
      'path,label\nimages/e\u0301.png,cafe\u0301\ndogs/0.png,dog\n',
      ['café images/é.png', 'dog dogs/0.png'],
    ],
  ] as const) {
    it(`may be ${what}`, async () => {
      const folder = await load(text, name);
      expect(labelled(folder)).to.deep.equal(expected);
      expect(folder.findings).to.deep.equal([]);
    });
  }

  for (const [what, text] of [
    [
      'is_valid, as fastai writes it',
      'fname,labels,is_valid\ncats/0.png,cat,False\ndogs/0.png,dog,False\ncats/1.png,cat,True\n',
    ],
    [
      'Google AutoML without names',
      'TRAIN,cats/0.png,cat\nUNASSIGNED,dogs/0.png,dog\nVALIDATION,cats/1.png,cat\n',
    ],
    [
      'a column subset',
      'image,class,subset\ncats/0.png,cat,train\ndogs/0.png,dog,Training\ncats/1.png,cat,dev\n',
    ],
  ] as const) {
    it(`may name splits: ${what}`, async () => {
      const folder = await load(text);
      expect(labelled(folder)).to.deep.equal(CATS);
      expect(folder.validation!.map(({name}) => name)).to.deep.equal(['cats/1.png']);
    });
  }

  it('are selected by --path-column and --label-column, by name or number', async () => {
    const text = 'who,cats,class,species\nx,cats/0.png,1,cat\ny,dogs/0.png,2,dog\n';
    expect(await refusal(text)).to.equal(
      'Which column has the labels is not clear in DIR/list.csv. Its columns are who, cats, class, species. ' +
        'Name them with --path-column and --label-column, or count them from 1.',
    );
    for (const options of [
      {labelColumn: 'species'},
      {labelColumn: 'Species', pathColumn: 'cats'},
      {pathColumn: '2', labelColumn: '4'},
    ])
      expect(labelled(await load(text, 'list.csv', options))).to.deep.equal(CATS);
    expect(await refusal(text, 'list.csv', {labelColumn: 'breed'})).to.match(
      /^There is no column breed for --label-column in DIR\/list\.csv\./,
    );
    expect(
      labelled(
        await load('a,cats/0.png,b,cat\nc,dogs/0.png,d,dog\n', 'list.csv', {
          pathColumn: '2',
          labelColumn: '4',
        }),
      ),
    ).to.deep.equal(CATS);
  });

  it('never make an image of the names of columns', async () => {
    for (const header of ['foo,bar,baz', 'image_path,dx,breed', 'label,category,path'])
      expect(
        await refusal(`${header}\ncats/0.png,dogs/0.png,cat\ndogs/0.png,cats/0.png,dog\n`),
      ).to.match(/is not clear in DIR\/list\.csv\. Its columns are /);
  });

  for (const [what, text, expected, name] of [
    [
      'several labels with |',
      'Image Index,Finding Labels\ncats/0.png,Mass|Effusion\ndogs/0.png,Mass\n',
      /^DIR\/list\.csv, line 2, has 2 labels: Mass, Effusion\. Images with several labels are not supported: leave such lines out\.$/,
    ],
    [
      'several labels with spaces',
      'image,labels\ncats/0.png,scab rust\ncats/1.png,scab\ndogs/0.png,rust\n',
      /line 2, has 2 labels: scab, rust/,
    ],
    [
      'several labels with commas',
      'image,tags\ncats/0.png,"a, b"\ndogs/0.png,c\n',
      /line 2, has 2 labels: a, b/,
    ],
    [
      'several labels none of which is alone',
      'image,tags\ncats/0.png,haze primary\ncats/1.png,clear primary water\ndogs/0.png,haze water\n',
      /line 2, has 2 labels: haze, primary/,
    ],
    ['several numbers', 'id,labels\ncats/0,1 14 92\ndogs/0,3\n', /line 2, has 3 labels: 1, 14, 92/],
    [
      'several ones',
      'filename,a,b,c\ncats/0.png,1,1,0\ndogs/0.png,0,0,1\n',
      /line 2, has 2 labels: a, b/,
    ],
    [
      'no one',
      'filename,a,b\ncats/0.png,1,0\ndogs/0.png,0,0\n',
      /^DIR\/list\.csv, line 3, has no label for dogs\/0\.png\. Add it, or remove the line\.$/,
    ],
    [
      'several labels of JSON',
      '{"path": "cats/0.png", "labels": ["a", "b"]}\n',
      /line 1, has 2 labels: a, b/,
      'list.jsonl',
    ],
    [
      'addresses',
      'TRAIN,gs://bucket/1.jpg,cat\nTEST,gs://bucket/2.jpg,dog\n',
      /line 1, has the address gs:\/\/bucket\/1\.jpg in place of the path of a file\. Download the images, and list them by paths relative to the list\.$/,
    ],
    [
      'addresses below names',
      'url,label\nhttps://x.org/1.jpg,cat\n',
      /line 2, has the address https:/,
    ],
    [
      'ids of several images',
      'id,label\na1,cat\nb2,dog\n',
      /^DIR\/all\.csv, line 2, may mean 2 images by a1, such as test\/a1\.png and train\/a1\.png\. List whole paths\.$/,
      'all.csv',
    ],
    [
      'Latin-1',
      Buffer.from('path,label\ncats/0.png,cat\ndogs/0.png,caf\xe9\n', 'latin1'),
      /^DIR\/list\.csv has bytes that are no UTF-8 in line 3\. Save it as UTF-8, for example: iconv -f latin1 -t utf-8 LIST > NEW\.$/,
    ],
    [
      'UTF-16 without its mark',
      Buffer.from('path,label\ncats/0.png,cat\n', 'utf16le'),
      /bytes that are no text, or UTF-16 without its byte order mark\. Save it as UTF-8/,
    ],
    ['nothing in it', '\n\n', /^DIR\/list\.csv is no list of images: every line is empty\.$/],
  ] as const) {
    it(`are refused for ${what}`, async () => expect(await refusal(text, name)).to.match(expected));
  }

  it('of lists for validation and test are read the same way, classes matched by name', async () => {
    writeTree(root, {
      'val.csv': 'id,label\ncats/1,cat\ndogs/1,dog\ncats/2,lynx\n',
      'broken.csv': 'path,label\nnone.png,cat\n',
    });
    const folder = await load('path,label\ncats/0.png,cat\ndogs/0.png,dog\n', 'list.csv', {
      valData: join(root, 'val.csv'),
      testData: join(root, 'val.csv'),
    });
    expect(folder.validation!.map(({name, label}) => [name, label])).to.deep.equal([
      ['validation://cats/1.png', 0],
      ['validation://dogs/1.png', 1],
    ]);
    expect(folder.test).to.have.length(2);
    expect(folder.findings.map(({code, files}) => [code, ...files])).to.deep.equal([
      ['class-filtered', 'validation://cats/2.png'],
      ['class-filtered', 'test://cats/2.png'],
    ]);
    const error = await failure(
      loadImageFolder(join(root, 'list.csv'), {valData: join(root, 'broken.csv')}),
    );
    expect(error.message).to.match(/ has no readable images for validation in folders/);
  });

  it('of a list may be mixed with folders for validation', async () => {
    const [elsewhere, classes] = [temporaryDirectory(), temporaryDirectory()];
    await writeImages(elsewhere, ['cat/1.png', 'dog/2.png']);
    const folder = await load('path,label\ncats/0.png,cat\ndogs/0.png,dog\n', 'list.csv', {
      valData: elsewhere,
    });
    expect(folder.validation!.map(({label}) => label)).to.deep.equal([0, 1]);
    await writeImages(classes, ['cat/1.png', 'dog/2.png']);
    expect(
      (await loadImageFolder(classes, {testData: join(root, 'list.csv')})).test,
    ).to.have.length(2);
  });
});
