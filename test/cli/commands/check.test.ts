import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv} from 'ajv';
import {expect} from 'chai';
import {checkReportSchema} from '../../../src/cli/options/check-report-schema.js';
import type {Finding} from '../../../src/core/finding.js';
import {ALTERED, createPhoto} from '../../helpers/photos.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {treeHash} from '../../helpers/tree-hash.js';
import {finetune, type Ended} from '../../helpers/program.js';

const TEMPLATE = new URL('../../../../templates/check.schema.json', import.meta.url);

interface Checked {
  readonly images: {readonly found: number; readonly readable: number};
  readonly findings: readonly Finding[];
  readonly usable: boolean;
}

describe('finetune check', function () {
  this.timeout(120_000);

  let cwd = '';
  let cache = '';
  before('a folder with problems', async () => {
    cwd = temporaryDirectory();
    cache = temporaryDirectory();
    const put = (name: string, bytes: Buffer | string): void => {
      mkdirSync(join(cwd, 'pets', name, '..'), {recursive: true});
      writeFileSync(join(cwd, 'pets', name), bytes);
    };
    for (let i = 0; i < 24; i++)
      put(`${i % 2 ? 'cat' : 'dog'}/${i}.png`, await createPhoto(500 + i));
    put('cat/copy.png', await createPhoto(501));
    put('dog/near <copy>.jpg', await ALTERED.brighter!(await createPhoto(503)));
    put('cat/cut.png', (await createPhoto(600)).subarray(0, 20_000));
    put('cat/notes.txt', 'hello');
  });

  const check = (...args: string[]): Promise<Ended> =>
    finetune(['check', 'pets', ...args], {cwd, environment: {FINETUNE_CACHE: cache}});
  const checked = async (...args: string[]): Promise<Checked> => {
    const ended = await check('--json', ...args);
    expect(ended.code, ended.stderr).to.equal(0);
    return JSON.parse(ended.stdout) as Checked;
  };

  it('prints what its schema says, which is in the package', async () => {
    const document = await checked();
    const validate = new Ajv({allErrors: true}).compile(checkReportSchema);
    expect(validate(document), JSON.stringify(validate.errors)).to.equal(true);
    expect(validate({...document, findings: [{code: 'x'}]})).to.equal(false);
    expect(JSON.parse(readFileSync(TEMPLATE, 'utf8'))).to.deep.equal(checkReportSchema);
    expect(document.images).to.deep.equal({found: 27, readable: 26});
    expect(document.findings.map(({code}) => code)).to.deep.equal([
      'not-an-image',
      'unreadable-image',
      'near-duplicates-across-classes',
      'exact-duplicates',
    ]);
  });

  it('leaves a folder without problems when its list is excluded, and changes nothing', async () => {
    const before = treeHash(join(cwd, 'pets'));
    await checked('--write-exclude', 'list.txt');
    expect(readFileSync(join(cwd, 'list.txt'), 'utf8').split('\n')).to.include.members([
      'cat/copy.png',
      'dog/near <copy>.jpg',
    ]);
    const {findings} = await checked('--exclude', 'list.txt');
    expect(findings.map(({code}) => code)).to.not.include.members([
      'exact-duplicates',
      'near-duplicates-across-classes',
    ]);
    expect(findings.map(({code}) => code)).to.include('excluded');
    expect(treeHash(join(cwd, 'pets'))).to.equal(before);
  });

  it('tells of names on the list that are not there', async () => {
    writeFileSync(join(cwd, 'other.txt'), 'cat/none.png\ncat/1.png\n');
    const {findings, images} = await checked('--exclude', 'other.txt');
    expect(findings.find(({code}) => code === 'excluded')!.files).to.deep.equal(['cat/1.png']);
    expect(findings.find(({code}) => code === 'exclude-unmatched')!.files).to.deep.equal([
      'cat/none.png',
    ]);
    expect(images.found).to.equal(26);
  });

  it('says on the page what to type, with the options of this check', async () => {
    const typed = (page: string): string => readFileSync(join(cwd, page), 'utf8');
    await checked('--classes', 'cat,dog', '--html', 'again.html');
    expect(typed('again.html')).to.contain(
      'finetune check pets --classes cat,dog --write-exclude exclude.txt',
    );
    for (const name of ['a', 'b']) {
      mkdirSync(join(cwd, 'gap', name), {recursive: true});
      if (name === 'a')
        for (let i = 0; i < 3; i++)
          writeFileSync(join(cwd, 'gap/a', `${i}.png`), await createPhoto(710 + i));
    }
    const ended = await finetune(['check', 'gap', '--html', 'gap.html'], {
      cwd,
      environment: {FINETUNE_CACHE: cache},
    });
    expect(ended.code).to.equal(3);
    expect(typed('gap.html'))
      .to.contain('finetune check gap')
      .and.not.to.contain('--write-exclude');
  });

  it('draws a page that loads nothing, whatever files are called', async () => {
    await checked('--html', 'page.html');
    const page = readFileSync(join(cwd, 'page.html'), 'utf8');
    expect(page)
      .to.contain('Near-duplicates are in classes')
      .and.to.contain('data:image/webp;base64,');
    expect(page).to.contain('near &lt;copy&gt;.jpg').and.to.not.contain('near <copy>');
    expect(page).to.not.match(/(src|href)="(?!data:)/);
  });

  it('says the same with what it kept and without it', async () => {
    const first = await checked('--no-cache');
    expect(await checked()).to.deep.equal(first);
    rmSync(join(cache, 'inspections'), {recursive: true, force: true});
    writeFileSync(join(cache, 'inspections'), 'no folder');
    expect(await checked()).to.deep.equal(first);
    rmSync(join(cache, 'inspections'));
  });

  it('continues where a class is empty or broken, and ends with exit 3 and why', async () => {
    const root = join(cwd, 'broken');
    for (const [name, bytes] of [
      ['a/1.png', await createPhoto(700)],
      ['a/2.png', await createPhoto(701)],
      ['b/1.jpg', 'no image'],
      ['b/2.png', await createPhoto(700)],
    ] as const) {
      mkdirSync(join(root, name, '..'), {recursive: true});
      writeFileSync(join(root, name), bytes);
    }
    mkdirSync(join(root, 'c'));
    mkdirSync(join(cwd, 'elsewhere', 'zebra'), {recursive: true});
    writeFileSync(join(cwd, 'elsewhere', 'zebra', '1.png'), await createPhoto(702));
    const ended = await finetune(['check', 'broken', '--json', '--html', 'broken.html'], {
      cwd,
      environment: {FINETUNE_CACHE: cache},
    });
    expect(ended.code).to.equal(3);
    const document = JSON.parse(ended.stdout) as Checked & {
      readonly error: {readonly code: string};
    };
    const reported = document.findings.map(({code, className}) =>
      className === undefined ? code : `${code} ${className}`,
    );
    expect(reported).to.include.members([
      'unusable-class b',
      'unusable-class c',
      'unreadable-image',
      'small-class',
    ]);
    expect(document).to.deep.include({usable: false});
    expect(document.error.code).to.equal('CLASS_UNREADABLE');
    expect(readFileSync(join(cwd, 'broken.html'), 'utf8')).to.contain('Not ready to train');
    const other = await finetune(['check', 'pets', '--val-data', 'elsewhere', '--json'], {
      cwd,
      environment: {FINETUNE_CACHE: cache},
    });
    expect(other.code).to.equal(3);
    expect((JSON.parse(other.stdout) as Checked).findings.map(({code}) => code)).to.include.members(
      ['unusable-split', 'exact-duplicates'],
    );
  });

  it('says what it cannot write or read, with exit 2', async () => {
    writeFileSync(join(cwd, 'taken'), 'a file');
    for (const [args, sentence] of [
      [['--html', 'taken/page.html'], /^error taken\/page\.html \(--html\) cannot be written: /],
      [
        ['--write-exclude', 'taken/list.txt'],
        /^error taken\/list\.txt \(--write-exclude\) cannot be written: /,
      ],
      [['--exclude', 'none.txt'], /^error The list .*none\.txt \(--exclude\) cannot be read/],
      [['--classes', 'cat,dgo'], /^error Class dgo of --classes is not in .*; did you mean dog\?/],
    ] as const) {
      const {code, stderr} = await check(...args);
      expect(stderr).to.match(sentence);
      expect(code).to.equal(args[0] === '--classes' ? 3 : 2);
    }
  });
});
