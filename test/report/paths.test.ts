import {expect} from 'chai';
import {redactPaths} from '../../src/report/paths.js';

describe('paths in what is passed on', () => {
  for (const [text, shown] of [
    ['/home/ann/pets/cats is empty.', 'cats is empty.'],
    ['C:\\Users\\ann\\pets\\cats is empty.', 'cats is empty.'],
    ['/home/ann/pets/caf\\xe9 cannot be used', 'caf\\xe9 cannot be used'],
    ['Give --data pets/train, or train/a\\b.png.', 'Give --data pets/train, or train/a\\b.png.'],
  ] as const) {
    it(`are shown without folders of a person: ${text}`, () =>
      expect(redactPaths(text)).to.equal(shown));
  }
});
