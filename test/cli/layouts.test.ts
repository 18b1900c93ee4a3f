import {symlinkSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {temporaryDirectory} from '../helpers/temporary.js';
import {of, writeImages, writeTree} from '../helpers/images.js';
import {inDirectory, runCaptured} from '../helpers/capture.js';

const parsed = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

describe('folders that may be read in several ways', () => {
  let cwd = '';
  before(async () => {
    cwd = temporaryDirectory();
    await writeImages(
      cwd,
      ['color/cats/1.png', 'color/dogs/2.png', 'grey ones/cats/3.png', 'grey ones/dogs/4.png'].map(
        name => `pets/${name}`,
      ),
    );
    await writeImages(cwd, [...of('elsewhere/cats', 2), ...of('elsewhere/dogs', 2)]);
  });

  for (const [command, words] of [
    ['check', ['check', 'pets']],
    ['preview', ['preview', 'pets', '--out', 'sheet.png']],
    ['train', ['--data', 'pets', '--weights', 'none', '--out', 'run']],
    [
      'train, for validation images',
      ['--data', 'elsewhere', '--val-data', 'pets', '--weights', 'none', '--out', 'run'],
    ],
  ] as const) {
    it(`are refused by ${command} with what to type, and for programs`, async () => {
      const [reported, json] = await inDirectory(cwd, async () => [
        await runCaptured(words),
        await runCaptured([...words, '--json']),
      ]);
      expect(reported.exitCode, reported.stderr).to.equal(3);
      const option = (words as readonly string[]).includes('--val-data') ? 'val-data' : 'data';
      expect(reported.stderr).to.include(
        `--${option} pets/color (the classes are cats, dogs), or --${option} 'pets/grey ones' (the classes are cats, dogs)`,
      );
      const {error} = parsed(json.stdout) as {
        error: {code: string; exitCode: number; interpretations: readonly {options: string}[]};
      };
      expect([error.code, error.exitCode]).to.deep.equal(['AMBIGUOUS_LAYOUT', 3]);
      expect(error.interpretations.map(({options}) => options)).to.include(
        `--${option} pets/color`,
      );
    });
  }
});

describe('what a refused folder says to give', () => {
  it('is taken by check as it stands', async () => {
    const cwd = temporaryDirectory();
    await writeImages(cwd, [...of('pets/cats', 2), ...of('pets/dogs', 2), ...of('pets/test', 2)]);
    await inDirectory(cwd, async () => {
      const refused = await runCaptured(['check', 'pets']);
      const [, words] = /(--data \S+ --classes \S+) \(the classes are/.exec(refused.stderr)!;
      const reported = await runCaptured(['check', ...words!.split(' ')]);
      expect(reported.exitCode, reported.stderr).to.equal(0);
      expect(reported.stdout).to.include('6 images in 3 classes');
    });
  });

  it('is the link that leads to the images, where a check finds too few classes without it', async () => {
    const [root, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    await writeImages(elsewhere, ['train/cats/1.png', 'train/dogs/2.png']);
    symlinkSync(join(elsewhere, 'train'), join(root, 'train'));
    const refused = await runCaptured(['check', root]);
    expect(refused.exitCode).to.equal(3);
    expect(refused.stderr).to.include(
      `${join(root, 'train')} cannot be used as a folder of images: it is a link that leads outside`,
    );
    expect(refused.stderr).to.match(/Add --follow-links to read what it leads to\.\n$/);
  });
});

describe('options for reading', () => {
  it('read what links lead to with --follow-links, as a flag and in a recipe', async () => {
    const [root, blobs] = [temporaryDirectory(), temporaryDirectory()];
    await writeImages(root, [...of('cats', 2), ...of('dogs', 2)]);
    for (const [i, name] of [...of('cats', 2), ...of('dogs', 2)].entries()) {
      renameSync(join(root, name), join(blobs, String(i)));
      symlinkSync(join(blobs, String(i)), join(root, name));
    }
    const refused = await runCaptured(['check', root]);
    expect(refused.exitCode).to.equal(3);
    expect(refused.stderr).to.match(/Add --follow-links to read what links lead to\.\n$/);
    const reported = await runCaptured(['check', root, '--follow-links']);
    expect(reported.exitCode, reported.stderr).to.equal(0);
    expect(reported.stdout).to.include('4 images in 2 classes');
    expect(reported.stderr).to.equal(`\nNext: finetune --data ${root} --follow-links\n`);
    expect((await runCaptured(['check', root], {FINETUNE_FOLLOW_LINKS: '1'})).exitCode).to.equal(0);
    const here = temporaryDirectory();
    writeFileSync(join(here, 'recipe.json'), '{"followLinks": true}');
    const words = [
      'preview',
      root,
      '--recipe',
      join(here, 'recipe.json'),
      '--out',
      join(here, 'sheet.png'),
      '--image-size',
      '32',
    ];
    expect((await runCaptured(words)).exitCode).to.equal(0);
  });

  it('name the columns of a list with --path-column and --label-column', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('a', 2), ...of('b', 2)]);
    mkdirSync(join(root, 'lists'));
    writeTree(root, {
      'list.csv':
        'a,who,class,species\nx,a/0.png,1,cat\nx,a/1.png,1,cat\ny,b/0.png,2,dog\ny,b/1.png,2,dog\n',
    });
    const refused = await runCaptured(['check', join(root, 'list.csv')]);
    expect(refused.exitCode).to.equal(3);
    expect(refused.stderr).to.include(
      'Its columns are a, who, class, species. Name them with --path-column and --label-column',
    );
    const reported = await runCaptured([
      'check',
      join(root, 'list.csv'),
      '--label-column',
      'species',
      '--json',
    ]);
    expect(parsed(reported.stdout)).to.deep.include({classes: ['cat', 'dog'], layout: 'manifest'});
    const counted = await runCaptured([
      'check',
      join(root, 'list.csv'),
      '--path-column',
      '2',
      '--label-column',
      '3',
      '--json',
    ]);
    expect(parsed(counted.stdout)).to.deep.include({classes: ['1', '2']});
  });
});
