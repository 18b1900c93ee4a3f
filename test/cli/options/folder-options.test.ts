import {expect} from 'chai';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {toFolderOptions, formatFolderFlags} from '../../../src/cli/options/folder-options.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('options that say which images are meant', () => {
  it('are what the library takes, and nothing that was not said', () => {
    expect(toFolderOptions({})).to.deep.equal({});
    expect(toFolderOptions({valData: 'v', testData: 't', maxPerClass: 3, seed: 0})).to.deep.equal({
      valData: 'v',
      testData: 't',
      maxPerClass: 3,
      seed: 0,
    });
  });

  it('name classes between commas, a comma of a name behind a backslash', () => {
    expect(toFolderOptions({classes: 'cat, dog,,a\\, b'}).classes).to.deep.equal([
      'cat',
      'dog',
      'a, b',
    ]);
  });

  it('are said again for another command', () => {
    expect(formatFolderFlags({})).to.equal('');
    expect(
      formatFolderFlags({
        classes: 'a,b c',
        exclude: 'x.txt',
        followLinks: true,
        pathColumn: 'id',
        maxPerClass: 3,
      }),
    ).to.equal(" --classes 'a,b c' --exclude x.txt --path-column id --follow-links");
    expect(formatFolderFlags({followLinks: false})).to.equal('');
  });

  it('name files in a list of any encoding that is known, and of no other', () => {
    const path = join(temporaryDirectory(), 'list.txt');
    writeFileSync(
      path,
      Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from('a/é.png\r\nb/2.png\r\n', 'utf16le')]),
    );
    expect(toFolderOptions({exclude: path}).exclude).to.deep.equal(['a/é.png', 'b/2.png']);
    writeFileSync(path, Buffer.from('a/1.png\na/\xe9.png\n', 'latin1'));
    expect(() => toFolderOptions({exclude: path})).to.throw(
      /\(--exclude\) cannot be read: bytes that are no UTF-8 in line 2\./,
    );
  });

  it('name files in a list', () => {
    const path = join(temporaryDirectory(), 'list.txt');
    writeFileSync(path, 'a/1.png\n\n');
    expect(toFolderOptions({exclude: path}).exclude).to.deep.equal(['a/1.png']);
    expect(() => toFolderOptions({exclude: `${path}.none`})).to.throw(
      /^The list .*none \(--exclude\) cannot be read: ENOENT/,
    );
  });
});
