import {expect} from 'chai';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {basename, join} from 'node:path';
import {
  temporaryPath,
  isFileExistsError,
  removeStaleFiles,
  writeFileAtomic,
} from '../../../src/core/files/atomic-write.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('a file that is written whole', () => {
  let directory: string;
  beforeEach(() => (directory = temporaryDirectory()));
  const path = (name = 'file.txt'): string => join(directory, name);

  it('holds what it was given, in folders that are made', async () => {
    await writeFileAtomic(path('a/b/file.txt'), 'text');
    expect(readFileSync(path('a/b/file.txt'), 'utf8')).to.equal('text');
    await writeFileAtomic(path('a/b/file.txt'), [Uint8Array.of(65), Uint8Array.of(66)]);
    expect(readFileSync(path('a/b/file.txt'), 'utf8')).to.equal('AB');
    expect(readdirSync(path('a/b'))).to.deep.equal(['file.txt']);
  });

  it('is what it was where writing fails, and nothing is left next to it', async () => {
    await writeFileAtomic(path(), 'good');
    function* broken(): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new Error('no more');
    }
    expect((await rejectionOf(writeFileAtomic(path(), broken()))).message).to.equal('no more');
    expect(readFileSync(path(), 'utf8')).to.equal('good');
    expect(readdirSync(directory)).to.deep.equal(['file.txt']);
  });

  it('is written where a link leads', async () => {
    writeFileSync(path('target'), 'old');
    symlinkSync('target', path('link'));
    await writeFileAtomic(path('link'), 'new');
    expect([readlinkSync(path('link')), readFileSync(path('target'), 'utf8')]).to.deep.equal([
      'target',
      'new',
    ]);
  });

  it('is as it is where it is no file', async function () {
    if (process.platform === 'win32') return this.skip();
    await writeFileAtomic('/dev/null', 'gone');
    expect(await rejectionOf(writeFileAtomic(directory, 'text'))).to.include({
      code: 'EISDIR',
      path: directory,
    });
  });

  it('is refused where one is there that must not be', async () => {
    await writeFileAtomic(path(), 'first', {exclusive: true});
    const error = await rejectionOf(writeFileAtomic(path(), 'second', {exclusive: true}));
    expect(isFileExistsError(error)).to.equal(true);
    expect(readFileSync(path(), 'utf8')).to.equal('first');
    expect(
      isFileExistsError(
        await rejectionOf(writeFileAtomic(join(path(), 'below'), 'text', {exclusive: true})),
      ),
    ).to.equal(false);
    expect(readdirSync(directory)).to.deep.equal(['file.txt']);
  });

  it('may have the longest of names', async () => {
    const name = 'ü'.repeat(127);
    await writeFileAtomic(path(name), 'text');
    expect(readdirSync(directory)).to.deep.equal([name]);
  });

  it('names the path that was asked for where it cannot be', async () => {
    writeFileSync(path('taken'), '');
    expect(await rejectionOf(writeFileAtomic(path('taken/file'), 'text'))).to.include({
      path: path('taken/file'),
    });
  });
});

describe('what was left unfinished', () => {
  it('goes when its process is dead, and stays while it lives or may live elsewhere', async () => {
    const directory = temporaryDirectory();
    const child = spawn('true');
    await once(child, 'exit');
    const own = basename(temporaryPath(join(directory, 'own')));
    const dead = own.replace(`.${process.pid}-`, `.${child.pid}-`);
    const reused = own.replace(/-\d*-/, '-1-');
    const elsewhere = own.replace(/(-\d*-)/, '$1elsewhere');
    const old = `.old${elsewhere}`;
    for (const name of [own, elsewhere, old]) writeFileSync(join(directory, name), '');
    for (const name of [dead, reused]) mkdirSync(join(directory, name, 'some'), {recursive: true});
    const days = Date.now() / 1000 - 2 * 86_400;
    utimesSync(join(directory, old), days, days);
    writeFileSync(join(directory, 'mine.unfinished'), '');
    await removeStaleFiles(directory);
    expect(readdirSync(directory).sort()).to.deep.equal([own, elsewhere, 'mine.unfinished'].sort());
    await removeStaleFiles(join(directory, 'nowhere'));
  });
});
