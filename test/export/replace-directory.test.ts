import {expect} from 'chai';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {replaceDirectory} from '../../src/export/replace-directory.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

function folderWith(path: string, text: string): string {
  mkdirSync(path);
  writeFileSync(join(path, 'finetune.json'), text);
  return path;
}

describe('replaceDirectory', () => {
  it('puts the new in the place of the old', async () => {
    const parent = temporaryDirectory();
    const place = folderWith(join(parent, 'model'), 'old');
    await replaceDirectory(folderWith(join(parent, '.model-1'), 'new'), place);
    expect(readdirSync(parent)).to.deep.equal(['model']);
    expect(readFileSync(join(place, 'finetune.json'), 'utf8')).to.equal('new');
  });

  it('puts the old back when the new cannot be moved', async () => {
    const parent = temporaryDirectory();
    const place = folderWith(join(parent, 'model'), 'old');
    const error = await rejectionOf(replaceDirectory(join(parent, '.gone'), place));
    expect(error).to.have.property('code', 'ENOENT');
    expect(readdirSync(parent)).to.deep.equal(['model']);
    expect(readFileSync(join(place, 'finetune.json'), 'utf8')).to.equal('old');
  });
});
