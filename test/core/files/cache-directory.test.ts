import {chmodSync, mkdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  assertTrusted,
  cacheDirectory,
  ensureCacheFolder,
  findTrustProblem,
  UntrustedCacheError,
} from '../../../src/core/files/cache-directory.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('the cache directory', () => {
  it('is FINETUNE_CACHE where that is set', () => {
    expect(
      cacheDirectory({FINETUNE_CACHE: '/big/disk', XDG_CACHE_HOME: '/xdg', HOME: '/home/me'}),
    ).to.equal('/big/disk');
  });

  it('is a whole path, from whichever folder it is given', () => {
    expect(cacheDirectory({FINETUNE_CACHE: 'cache'})).to.equal(join(process.cwd(), 'cache'));
    expect(cacheDirectory({XDG_CACHE_HOME: 'cache'})).to.equal(
      join(process.cwd(), 'cache', 'finetune'),
    );
  });

  it('is a folder of our own below XDG_CACHE_HOME', () => {
    expect(cacheDirectory({XDG_CACHE_HOME: '/xdg', HOME: '/home/me'})).to.equal('/xdg/finetune');
  });

  it("is in the platform's own place otherwise", () => {
    expect(cacheDirectory({HOME: '/home/me'}, 'linux')).to.equal('/home/me/.cache/finetune');
    expect(cacheDirectory({HOME: '/Users/me'}, 'darwin')).to.equal(
      '/Users/me/Library/Caches/finetune',
    );
    expect(cacheDirectory({LOCALAPPDATA: '/local'}, 'win32')).to.equal('/local/finetune/cache');
  });

  it('takes an empty variable for an unset one', () => {
    expect(
      cacheDirectory({FINETUNE_CACHE: '', XDG_CACHE_HOME: '', HOME: '/home/me'}, 'linux'),
    ).to.equal('/home/me/.cache/finetune');
  });
});

describe('the folders of the cache', function () {
  if (process.platform === 'win32') return;

  const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
  const fresh = (): string => join(temporaryDirectory(), 'cache');

  /** Makes folders with these modes, whatever the umask is. */
  function folder(path: string, mode: number): string {
    mkdirSync(path, {recursive: true});
    chmodSync(path, mode);
    return path;
  }

  it('are made for their user alone, and so is what is above them', () => {
    const cache = fresh();
    expect(ensureCacheFolder('images', {FINETUNE_CACHE: cache})).to.equal(join(cache, 'images'));
    expect([modeOf(cache), modeOf(join(cache, 'images'))]).to.deep.equal(['700', '700']);
  });

  it('are closed where they were open to be read', () => {
    const cache = folder(fresh(), 0o755);
    folder(join(cache, 'features'), 0o755);
    ensureCacheFolder('features', {FINETUNE_CACHE: cache});
    expect([modeOf(cache), modeOf(join(cache, 'features'))]).to.deep.equal(['700', '700']);
  });

  it('are closed with the folder of our own that they lie in, whatever else lies there', () => {
    const base = temporaryDirectory();
    folder(join(base, 'finetune', 'of another version'), 0o755);
    chmodSync(join(base, 'finetune'), 0o755);
    ensureCacheFolder('features', {XDG_CACHE_HOME: base});
    expect(modeOf(join(base, 'finetune'))).to.equal('700');
  });

  it('are closed alone where the cache directory holds something else too', () => {
    const cache = folder(fresh(), 0o755);
    folder(join(cache, 'photos'), 0o755);
    ensureCacheFolder('features', {FINETUNE_CACHE: cache});
    expect([
      modeOf(cache),
      modeOf(join(cache, 'photos')),
      modeOf(join(cache, 'features')),
    ]).to.deep.equal(['755', '755', '700']);
  });

  it('stay open where others may write to them', () => {
    const cache = folder(fresh(), 0o777);
    ensureCacheFolder('features', {FINETUNE_CACHE: cache});
    expect(modeOf(cache)).to.equal('777');
  });

  it('are somebody else to complain of where they cannot be made', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(ensureCacheFolder('images', {FINETUNE_CACHE: file})).to.equal(join(file, 'images'));
  });

  it('are trusted where they belong to the user or to root, and nobody else may write to them', () => {
    const [user, other] = [1000, 1001];
    const cases: readonly (readonly [
      uid: number,
      gid: number,
      mode: number,
      verdict: string | undefined,
    ])[] = [
      [user, user, 0o40700, undefined],
      [user, user, 0o40755, undefined],
      [user, user, 0o40775, undefined], // umask 002, and a group of one
      [user, 100, 0o40755, undefined],
      [user, 100, 0o40775, 'writable'],
      [user, user, 0o40777, 'writable'],
      [user, user, 0o41777, 'writable'],
      [0, 0, 0o40755, undefined],
      [0, 0, 0o40775, undefined], // as OpenShift has it
      [0, 100, 0o40775, 'writable'],
      [other, user, 0o40700, 'owner'],
      [other, other, 0o40777, 'owner'],
    ];
    for (const [uid, gid, mode, verdict] of cases)
      expect(
        findTrustProblem({uid, gid, mode}, user),
        `${uid} ${gid} ${mode.toString(8)}`,
      ).to.equal(verdict);
    expect(findTrustProblem({uid: other, gid: other, mode: 0o40700}, 0)).to.equal('owner');
  });

  it('are refused with the remedy where others could have put something into them', () => {
    const cache = folder(fresh(), 0o700);
    const inside = folder(join(cache, 'engines'), 0o757);
    expect(() => assertTrusted(cache, [inside])).to.throw(
      UntrustedCacheError,
      `${inside} may be written to by others (mode 757), and TensorFlow's programs are loaded from there. ` +
        `If nobody has, close it (chmod -R go-w ${cache}), or set FINETUNE_CACHE to a folder of your own.`,
    );
    chmodSync(inside, 0o755);
    assertTrusted(cache, [inside, join(cache, 'not there')]);
    chmodSync(cache, 0o777);
    expect(() => assertTrusted(cache, [inside]))
      .to.throw(UntrustedCacheError)
      .that.includes({code: 'CACHE_UNTRUSTED', exitCode: 2});
    chmodSync(cache, 0o1777);
    assertTrusted(cache, [inside]);
  });
});
