import {expect} from 'chai';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readWeights} from '../../../src/backbones/readers/read-weights.js';
import {writeSafetensors} from '../../../src/backbones/weights/safetensors-writer.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {valuesIn} from '../../helpers/weights-files.js';

const tensors = new Map([
  ['fc.weight', {shape: [2, 2], data: Float32Array.of(1, 2, 3, 4)}],
  ['fc.bias', {shape: [2], data: new Float32Array(Float32Array.of(0, 0, 5, 6).buffer, 8)}],
]);

describe('writeSafetensors', () => {
  it('writes what readWeights reads, metadata and order included', async () => {
    const path = join(temporaryDirectory(), 'weights.safetensors');
    await writeSafetensors(path, tensors, {arch: 'resnet18', note: 'größer'});
    const file = await readWeights(path);
    expect(file.metadata).to.deep.equal({arch: 'resnet18', note: 'größer'});
    expect([...file.tensors.keys()]).to.deep.equal(['fc.weight', 'fc.bias']);
    expect(file.tensors.get('fc.weight')!.shape).to.deep.equal([2, 2]);
    expect(valuesIn(file)).to.deep.equal({'fc.weight': [1, 2, 3, 4], 'fc.bias': [5, 6]});
  });

  it('begins the tensors at a multiple of 8, whatever the header takes', async () => {
    const path = join(temporaryDirectory(), 'weights.safetensors');
    for (const note of ['', '1', '22', '333', '4444', '55555']) {
      await writeSafetensors(path, tensors, {note});
      expect(Number(readFileSync(path).readBigUInt64LE()) % 8).to.equal(0);
    }
  });

  it('writes what readWeights reads, whatever byte the header length begins with', async () => {
    const path = join(temporaryDirectory(), 'weights.safetensors');
    const lengths = new Set<number>();
    for (let padding = 0; padding < 256; padding += 8) {
      await writeSafetensors(path, tensors, {note: 'x'.repeat(padding)});
      lengths.add(readFileSync(path)[0]!);
      expect(valuesIn(await readWeights(path))).to.deep.equal({
        'fc.weight': [1, 2, 3, 4],
        'fc.bias': [5, 6],
      });
    }
    expect(lengths.size).to.equal(32);
  });

  it('replaces a file in one step, and leaves the old one and nothing else where it fails', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'weights.safetensors');
    writeFileSync(path, 'old');
    const broken = new Map([['a', {shape: [1], data: undefined as unknown as Float32Array}]]);
    await writeSafetensors(path, broken, {}).then(
      () => expect.fail('Expected the writing to fail.'),
      () => {},
    );
    expect(readFileSync(path, 'utf8')).to.equal('old');
    expect(readdirSync(directory)).to.deep.equal(['weights.safetensors']);
    await writeSafetensors(path, tensors, {});
    expect(readdirSync(directory)).to.deep.equal(['weights.safetensors']);
  });
});
