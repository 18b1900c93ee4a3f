import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {checkImages} from '../../../src/datasets/inspection/check.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import {besidesSize} from '../../helpers/findings.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, noisy, of, writeImages, writeTree} from '../../helpers/images.js';

describe('checkImages', () => {
  it('finds nothing wrong with a good folder', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [
      ...of('train/a', 3),
      ...of('train/b', 3),
      ...of('val/a', 1),
      ...of('val/b', 1),
    ]);
    const {findings, readable, error} = await checkImages(await loadImageFolder(root), {
      workers: 2,
    });
    expect(besidesSize(findings)).to.deep.equal([]);
    expect(readable).to.have.length(8);
    expect(error).to.equal(undefined);
  });

  it('adds broken images to what the folder knows, and says that a run would refuse', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('a', 1), ...of('b', 3)]);
    const whole = await noisy(9, 100, 80).jpeg().toBuffer();
    writeTree(root, {'a/cut.jpg': whole.subarray(0, whole.length / 2), 'b/notes.txt': 'hello'});
    const stages = new Set<string>();
    const report = await checkImages(await loadImageFolder(root), {
      workers: 2,
      onProgress: (_, __, stage) => stages.add(stage),
    });
    expect(besidesSize(report.findings).map(({message}) => message)).to.deep.equal([
      'Skipped b/notes.txt: it is not an image.',
      'Skipped a/cut.jpg: it is damaged or cut off.',
    ]);
    expect(report.findings.flatMap(({exclude = []}) => exclude)).to.deep.equal(['a/cut.jpg']);
    expect(report.readable).to.have.length(4);
    expect(report.error!.message).to.equal(
      `1 of 2 images of class a cannot be read, such as ${join(root, 'a/cut.jpg')} (it is damaged or cut off). Repair or replace them; ` +
        'to train without them, list them with finetune check DIR --write-exclude exclude.txt and add --exclude exclude.txt.',
    );
    expect([...stages]).to.deep.equal(['decoding', 'comparing']);
  });

  it('names every duplicate of a broken image, and counts to the last', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('a', 20), ...of('b', 20)]);
    const whole = await noisy(9, 100, 80).jpeg().toBuffer();
    const cut = whole.subarray(0, whole.length - 60);
    writeTree(root, {'a/cut.jpg': cut, 'b/cut.jpg': cut});
    const counts: string[] = [];
    const {findings} = await checkImages(await loadImageFolder(root), {
      onProgress: (done, total, stage) => stage === 'decoding' && counts.push(`${done}/${total}`),
    });
    expect(besidesSize(findings).flatMap(({files}) => files)).to.deep.equal([
      'a/cut.jpg',
      'b/cut.jpg',
    ]);
    expect(counts).to.have.length(42).and.to.include('42/42');
  });

  it('reports exact duplicates across splits, and a folder that leaves nothing to validate on', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('train/a', 3), ...of('train/b', 3)]);
    writeTree(root, {'val/a/again.png': readFileSync(join(root, 'train/a/0.png'))});
    expect(
      besidesSize((await checkImages(await loadImageFolder(root))).findings).map(({code}) => code),
    ).to.deep.equal(['missing-class', 'exact-duplicates-across-splits']);
    const single = temporaryDirectory();
    await writeImages(single, ['a/1.png', 'b/2.png']);
    expect((await checkImages(await loadImageFolder(single))).error!.message).to.match(
      /^\S+ has no image to spare for validation\./,
    );
  });

  it('changes no file', async () => {
    const root = temporaryDirectory();
    await writeImages(root, ['a/1.png', 'b/2.png']);
    const state = (): unknown[] =>
      ['a/1.png', 'b/2.png'].map(name => [
        readFileSync(join(root, name)),
        statSync(join(root, name)).mtimeMs,
      ]);
    const before = state();
    await checkImages(await loadImageFolder(root), {workers: 2});
    expect(state()).to.deep.equal(before);
  });

  it('stops when aborted', async () => {
    const root = temporaryDirectory();
    await writeImages(root, ['a/1.png', 'b/2.png']);
    const folder = await loadImageFolder(root);
    expect(
      (await failure(checkImages(folder, {workers: 1, signal: AbortSignal.abort()}))).message,
    ).to.equal('The run was stopped.');
  });
});
