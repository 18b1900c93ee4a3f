import {expect} from 'chai';
import {
  COEFFICIENTS,
  windowCoefficients,
  wholeCoefficients,
  WINDOWS,
  WINDOW_COUNT,
} from '../../../src/datasets/duplicates/window-coefficients.js';
import {
  buildHashTables,
  HashIndex,
  type HashTables,
} from '../../../src/datasets/duplicates/hash-index.js';
import {
  FINGERPRINT_SIDE,
  computeFingerprint,
} from '../../../src/datasets/duplicates/fingerprint.js';
import {createPhoto, pixels} from '../../helpers/photos.js';

const pause = async (): Promise<void> => undefined;

describe('HashIndex', () => {
  const fingerprints: Uint8Array[] = [];
  let tables: HashTables;
  before(async () => {
    const shared = computeFingerprint(await pixels(await createPhoto(0)));
    for (let seed = 1; seed <= 40; seed++) {
      const own = computeFingerprint(await pixels(await createPhoto(seed)));
      fingerprints.push(shared.map((value, i) => 0.85 * value + 0.15 * own[i]!)); // as X-rays are alike
    }
    tables = await buildHashTables(fingerprints, pause);
  });
  const alike = (number: number, isWanted: (other: number) => boolean): number[] => {
    const coefficients = new Float64Array(WINDOW_COUNT * COEFFICIENTS);
    windowCoefficients(fingerprints[number]!, coefficients);
    return new HashIndex(tables)
      .candidates(coefficients, number, isWanted)
      .map(found => found.number);
  };

  it('finds no more than sixteen where all images are of one kind, the most similar first', () => {
    const found = alike(5, () => true);
    expect(found).to.have.length(16);
    expect(found[0]).to.equal(5);
  });

  it('finds only what is wanted', () => {
    expect(alike(5, other => other === 7)).to.deep.equal([7]);
  });

  it('does not find fingerprints that are not indexed', async () => {
    tables = await buildHashTables(
      fingerprints.map((fingerprint, i) => (i === 7 ? undefined : fingerprint)),
      pause,
    );
    expect(alike(5, other => other === 7)).to.deep.equal([]);
  });
});

describe('coefficients of windows', () => {
  it('are those of a DCT of the cells inside, in each window', async () => {
    const fingerprint = computeFingerprint(await pixels(await createPhoto(3)));
    const coefficients = new Float64Array(WINDOW_COUNT * COEFFICIENTS);
    windowCoefficients(fingerprint, coefficients);
    const basis = ([from, to]: readonly [number, number], k: number, cell: number): number => {
      const [first, last] = [
        Math.max(cell, from * FINGERPRINT_SIDE),
        Math.min(cell + 1, to * FINGERPRINT_SIDE),
      ];
      const length = (to - from) * FINGERPRINT_SIDE;
      return last <= first
        ? 0
        : ((last - first) / length) *
            Math.cos((Math.PI * k * ((first + last) / 2 - from * FINGERPRINT_SIDE)) / length);
    };
    for (const window of [0, 1, 12, 37, 58, 99]) {
      const {columns, rows} = WINDOWS[window]!;
      for (const [u, v] of [
        [0, 0],
        [1, 0],
        [0, 3],
        [5, 2],
        [7, 7],
      ] as const) {
        let sum = 0;
        for (let i = 0; i < fingerprint.length; i++) {
          sum +=
            fingerprint[i]! *
            basis(columns, u, i % FINGERPRINT_SIDE) *
            basis(rows, v, Math.floor(i / FINGERPRINT_SIDE));
        }
        expect(coefficients[window * COEFFICIENTS + v * 8 + u]).to.be.closeTo(sum, 1e-6);
      }
    }
    const whole = new Float64Array(COEFFICIENTS);
    wholeCoefficients(fingerprint, whole);
    expect([...whole]).to.deep.equal([...coefficients.subarray(0, COEFFICIENTS)]);
  });
});
