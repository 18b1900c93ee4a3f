import {expect} from 'chai';
import {cacheDirectory} from '../../src/core/cache-directory.js';

describe('the cache directory', () => {
  it('is FINETUNE_CACHE where that is set', () => {
    expect(cacheDirectory({FINETUNE_CACHE: '/big/disk', XDG_CACHE_HOME: '/xdg', HOME: '/home/me'})).to.equal('/big/disk');
  });

  it('is a folder of our own below XDG_CACHE_HOME', () => {
    expect(cacheDirectory({XDG_CACHE_HOME: '/xdg', HOME: '/home/me'})).to.equal('/xdg/finetune');
  });

  it("is in the platform's own place otherwise", () => {
    expect(cacheDirectory({HOME: '/home/me'}, 'linux')).to.equal('/home/me/.cache/finetune');
    expect(cacheDirectory({HOME: '/Users/me'}, 'darwin')).to.equal('/Users/me/Library/Caches/finetune');
    expect(cacheDirectory({LOCALAPPDATA: '/local'}, 'win32')).to.equal('/local/finetune/cache');
  });

  it('takes an empty variable for an unset one', () => {
    expect(cacheDirectory({FINETUNE_CACHE: '', XDG_CACHE_HOME: '', HOME: '/home/me'}, 'linux')).to.equal('/home/me/.cache/finetune');
  });
});
