import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {inDrawnFolder, type Ended} from '../../helpers/program.js';

describe('finetune preview', function () {
  this.timeout(60_000);

  const {cwd, run} = inDrawnFolder();
  const preview = (...args: string[]): Promise<Ended> =>
    run('preview', 'images', '--image-size', '32', ...args);

  it('writes a sheet, and replaces a file only with --overwrite', async () => {
    const first = await preview('--images', '2', '--columns', '3', '--augment', 'strong', '--json');
    expect(first.code, first.stderr).to.equal(0);
    expect(JSON.parse(first.stdout)).to.deep.include({
      sheet: 'preview.jpg',
      augment: 'strong',
      columns: 3,
    });
    const {width, height, format} = await sharp(join(cwd(), 'preview.jpg')).metadata();
    expect([width, height, format]).to.deep.equal([6 + 4 * 38, 20 + 2 * 58, 'jpeg']);
    const before = readFileSync(join(cwd(), 'preview.jpg'));
    const again = await preview('--json');
    expect([again.code, JSON.parse(again.stdout).sheet]).to.deep.equal([0, 'preview-2.jpg']);
    expect(readFileSync(join(cwd(), 'preview.jpg'))).to.deep.equal(before);
    const refused = await preview('--out', 'preview.jpg');
    expect([refused.code, refused.stderr]).to.deep.equal([
      2,
      'error preview.jpg (--out) exists already. Give another name, or add --overwrite.\n',
    ]);
    expect((await preview('--overwrite')).code).to.equal(0);
    expect(existsSync(join(cwd(), 'preview-3.jpg'))).to.equal(false);
    expect(readFileSync(join(cwd(), 'preview.jpg'))).to.not.deep.equal(before);
  });

  it('takes settings out of a recipe file', async () => {
    writeFileSync(join(cwd(), 'recipe.json'), '{"augment": {"rotation": 90, "grayscale": 1}}');
    const ended = await preview('--recipe', 'recipe.json', '--out', 'new/sheet.png');
    expect(ended.code, ended.stderr).to.equal(0);
    expect(existsSync(join(cwd(), 'new/sheet.png'))).to.equal(true);
    writeFileSync(join(cwd(), 'wrong.json'), '{"augment": {"rotaton": 90}}');
    const refused = await preview('--recipe', 'wrong.json');
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.contain('rotaton');
  });

  it('says where it cannot write, and that nothing can be shown', async () => {
    writeFileSync(join(cwd(), 'file'), '');
    const ended = await preview('--out', 'file/sheet.png');
    expect(ended.code).to.equal(2);
    expect(ended.stderr).to.match(
      /^error file\/sheet\.png \(--out\) cannot be written: a file of that name is in the way\. /,
    );
    for (const name of ['a', 'b']) mkdirSync(join(cwd(), 'broken', name), {recursive: true});
    for (const name of ['a/1.jpg', 'b/1.jpg'])
      writeFileSync(join(cwd(), 'broken', name), Buffer.from('ffd8ffe000104a4649460001', 'hex'));
    const broken = await run('preview', 'broken');
    expect(broken.code).to.equal(2);
    expect(broken.stderr).to.match(
      /^error No image in broken can be read: it is damaged or cut off\. Run finetune check broken\./,
    );
  });
});
