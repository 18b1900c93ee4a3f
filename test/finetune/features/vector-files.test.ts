import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse} from 'csv-parse/sync';
import {expect} from 'chai';
import {
  checkVectorFiles,
  vectorFiles,
  VectorFileError,
  writeVectors,
  type FeatureVectors,
} from '../../../src/finetune/features/vector-files.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const ROWS = [
  [0.1, -2.5e-7],
  [3, 1e9],
  [1 / 3, 0],
].map(row => Float32Array.from(row));
const IMAGES = [
  {name: 'a/1.png', className: 'a'},
  {name: 'a/2, "new".png', className: 'a'},
  {name: 'b/3.png', className: 'b'},
];

/** Three vectors in batches of two and one. */
const vectors = (): FeatureVectors => ({
  width: 2,
  images: IMAGES,
  batches: (async function* () {
    yield Float32Array.from([...ROWS[0]!, ...ROWS[1]!]);
    yield ROWS[2]!;
  })(),
});

const place = (name: string): string => join(temporaryDirectory(), name);
const readCsv = (path: string): string[][] => parse(readFileSync(path, 'utf8')) as string[][];

describe('files of feature vectors', () => {
  it('are a NumPy array and a list of names in the same order', async () => {
    const path = place('pets.npy');
    const files = await writeVectors(path, vectors(), false);
    expect(files).to.deep.equal([path, path.replace('.npy', '-names.csv')]);
    const bytes = readFileSync(path);
    const start = 10 + bytes.readUInt16LE(8);
    expect(bytes.toString('latin1', 10, start)).to.contain("'shape': (3, 2)");
    const values = Array.from({length: 6}, (_, i) => bytes.readFloatLE(start + 4 * i));
    expect(values).to.deep.equal(ROWS.flatMap(row => [...row]));
    expect(bytes.length).to.equal(start + 24);
    expect(readCsv(files[1]!)).to.deep.equal([
      ['path', 'label'],
      ...IMAGES.map(({name, className}) => [name, className]),
    ]);
  });

  it('are one CSV file whose numbers are the same float32 values again', async () => {
    const path = place('pets.CSV');
    expect(await writeVectors(path, vectors(), false)).to.deep.equal([path]);
    const [head, ...rows] = readCsv(path);
    expect(head).to.deep.equal(['path', 'label', 'f0', 'f1']);
    expect(rows.map(([name, label]) => [name, label])).to.deep.equal(
      IMAGES.map(({name, className}) => [name, className]),
    );
    expect(rows.map(row => Float32Array.from(row.slice(2), Number))).to.deep.equal(ROWS);
    expect(rows[0]![2]).to.equal('0.1');
  });

  it('are of a known format', () => {
    for (const path of ['pets.parquet', 'pets', 'npy', '.npy'])
      expect(() => vectorFiles(path), path).to.throw(
        VectorFileError,
        `${path} (--out) has no extension of a known format. End it in .npy or .csv.`,
      );
  });

  it('replace no others, unless they are to', async () => {
    for (const taken of ['pets.npy', 'pets-names.csv']) {
      const path = place('pets.npy');
      const file = path.replace('pets.npy', taken);
      writeFileSync(file, 'mine');
      const message = `${file} (--out) exists already. Give another name, or add --overwrite.`;
      expect(() => checkVectorFiles(path, false)).to.throw(VectorFileError, message);
      expect((await rejectionOf(writeVectors(path, vectors(), false))).message).to.equal(message);
      expect(readFileSync(file, 'utf8')).to.equal('mine');
      checkVectorFiles(path, true);
      await writeVectors(path, vectors(), true);
      expect(readFileSync(file).length).to.be.greaterThan(4);
    }
  });

  it('are not there where the vectors fail', async () => {
    const path = place('pets.npy');
    const failing = {
      ...vectors(),
      batches: (async function* () {
        yield ROWS[0]!;
        throw new Error('no memory');
      })(),
    };
    expect((await rejectionOf(writeVectors(path, failing, false))).message).to.equal('no memory');
    expect(readdirSync(join(path, '..'))).to.deep.equal([]);
  });
});
