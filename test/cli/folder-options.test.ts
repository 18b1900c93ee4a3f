import {expect} from 'chai';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {folderOptions} from '../../src/cli/folder-options.js';
import {temporaryDirectory} from '../helpers/temporary.js';

describe('options that say which images are meant', () => {
  it('are what the library takes, and nothing that was not said', () => {
    expect(folderOptions({})).to.deep.equal({});
    expect(folderOptions({valData: 'v', testData: 't', limit: 3, seed: 0})).to.deep.equal({valData: 'v', testData: 't', limit: 3, seed: 0});
  });

  it('name classes between commas, a comma of a name behind a backslash', () => {
    expect(folderOptions({classes: 'cat, dog,,a\\, b'}).classes).to.deep.equal(['cat', 'dog', 'a, b']);
  });

  it('name files in a list', () => {
    const path = join(temporaryDirectory(), 'list.txt');
    writeFileSync(path, 'a/1.png\n\n');
    expect(folderOptions({exclude: path}).exclude).to.deep.equal(['a/1.png']);
    expect(() => folderOptions({exclude: `${path}.none`})).to.throw(/^Expected a list of files at .*none for --exclude, but found ENOENT/);
  });
});
