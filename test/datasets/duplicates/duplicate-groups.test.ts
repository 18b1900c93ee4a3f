import {readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {duplicateFindings} from '../../../src/datasets/inspection/duplicate-findings.js';
import type {Sample} from '../../../src/datasets/sample.js';
import {
  findDuplicateGroups,
  type FingerprintedImages,
} from '../../../src/datasets/duplicates/duplicate-groups.js';
import {computeFingerprint} from '../../../src/datasets/duplicates/fingerprint.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {DAMAGES} from '../../helpers/damages.js';
import {ALTERED, createPhoto, pixels} from '../../helpers/photos.js';

const sample = (name: string, label: number): Sample => ({path: `/${name}`, name, label});

describe('duplicate groups', () => {
  const NAMES = ['a/1', 'a/1 brighter', 'a/1 again', 'b/2', 'b/2 mirrored', 'b/3', 'a/3 cut'];
  const samples = NAMES.map(name => sample(name, name.startsWith('a') ? 0 : 1));
  const fingerprints = new Map<string, Uint8Array>();
  let requested = 0;
  const images: FingerprintedImages = {
    samples,
    contentHash: ({name}) => name.replace(' again', ''),
    fingerprint: ({name}) => {
      requested++;
      return fingerprints.get(name)!;
    },
  };

  before(async () => {
    const [one, two, three] = [await createPhoto(1), await createPhoto(2), await createPhoto(3)];
    const decoded = [
      one,
      await ALTERED.brighter!(one),
      one,
      two,
      await ALTERED.mirrored!(two),
      three,
    ];
    decoded.push(await ALTERED['cut by a tenth all round']!(three));
    for (const [i, image] of decoded.entries())
      fingerprints.set(NAMES[i]!, computeFingerprint(await pixels(image)));
  });

  it('are known by one name, that of identical files included', async () => {
    const {duplicateGroup: of} = await findDuplicateGroups(images);
    const groups = new Map<string, string[]>();
    samples.forEach(one => groups.set(of(one), [...(groups.get(of(one)) ?? []), one.name]));
    expect([...groups.values()]).to.deep.equal([
      ['a/1', 'a/1 brighter', 'a/1 again'],
      ['b/2', 'b/2 mirrored'],
      ['b/3', 'a/3 cut'],
    ]);
  });

  it('are searched once, and again where the cache cannot be written or holds other images', async () => {
    const directory = join(temporaryDirectory(), 'new');
    const first = samples.map((await findDuplicateGroups(images, {directory})).duplicateGroup);
    requested = 0;
    expect(
      samples.map((await findDuplicateGroups(images, {directory})).duplicateGroup),
    ).to.deep.equal(first);
    expect(requested).to.equal(0);
    const [file] = readdirSync(directory);
    await findDuplicateGroups({...images, samples: samples.slice(5)}, {directory});
    const [other] = readdirSync(directory).filter(name => name !== file);
    renameSync(join(directory, other!), join(directory, file!));
    requested = 0;
    expect(
      samples.map((await findDuplicateGroups(images, {directory})).duplicateGroup),
    ).to.deep.equal(first);
    expect(requested).to.equal(6);
    expect(
      samples.map(
        (await findDuplicateGroups(images, {directory: join(directory, file!, 'no-folder')}))
          .duplicateGroup,
      ),
    ).to.deep.equal(first);
  });

  for (const [how, damage] of Object.entries(DAMAGES)) {
    it(`are searched again where the cache file is ${how}`, async () => {
      const directory = temporaryDirectory();
      const first = samples.map((await findDuplicateGroups(images, {directory})).duplicateGroup);
      const path = join(directory, readdirSync(directory)[0]!);
      const before = readFileSync(path);
      writeFileSync(path, damage(before));
      requested = 0;
      expect(
        samples.map((await findDuplicateGroups(images, {directory})).duplicateGroup),
      ).to.deep.equal(first);
      expect(requested).to.equal(6);
      expect(readFileSync(path)).to.deep.equal(before);
    });
  }

  describe('of images that are all of one kind', () => {
    const search = async (count: number, labelOf: (index: number) => number) => {
      const base = fingerprints.get('a/1')!;
      const kind = Array.from({length: count}, (_, i) => sample(`kind/${i}`, labelOf(i)));
      const {duplicateGroup, findings} = await findDuplicateGroups({
        samples: [...kind, sample('b/2', 1)],
        contentHash: images.contentHash,
        fingerprint: ({name}) =>
          name === 'b/2' ? fingerprints.get('b/2')! : base.map(value => Math.min(255, value + 1)),
      });
      return {groups: new Set(kind.map(duplicateGroup)).size, findings};
    };

    it('are not kept together where they are of several classes, and a finding says so', async () => {
      const {groups, findings} = await search(12, i => i % 2);
      expect(groups).to.equal(12);
      expect(findings.map(({code, severity}) => [code, severity])).to.deep.equal([
        ['indistinct-images', 'warning'],
      ]);
      expect(findings[0]!.message).to.match(/^12 of 13 images look so alike, across classes/);
      expect(findings[0]!.files).to.have.length(12);
    });

    it('are near-duplicates where they are few, or of one class', async () => {
      expect(await search(9, i => i % 2)).to.deep.equal({groups: 1, findings: []});
      expect(await search(12, () => 0)).to.deep.equal({groups: 1, findings: []});
    });
  });

  it('are reported across classes, across splits, within a class', async () => {
    const duplicates = {
      contentHash: images.contentHash,
      ...(await findDuplicateGroups(images)),
    };
    const [one, brighter, again, two, mirrored, three, cut] = samples as [
      Sample,
      Sample,
      Sample,
      Sample,
      Sample,
      Sample,
      Sample,
    ];
    const splits = {train: [one, two, three, cut], validation: [brighter, again], test: [mirrored]};
    expect(
      duplicateFindings(splits, ['a', 'b'], duplicates).map(({code, severity, message}) => [
        code,
        severity,
        message,
      ]),
    ).to.deep.equal([
      [
        'near-duplicates-across-classes',
        'warning',
        'Near-duplicates are in classes b and a: b/3, a/3 cut. Keep the right one; an exclude list drops all.',
      ],
      [
        'near-duplicates-across-splits',
        'warning',
        '2 training images are near-duplicates of validation or test images, such as a/1 and a/1 brighter. Metrics will be optimistic. Remove them from the training split.',
      ],
    ]);
    const together = {train: samples.slice(0, 5), validation: [three], test: []};
    expect(
      duplicateFindings(together, ['a', 'b'], duplicates).map(({code, message}) => [code, message]),
    ).to.deep.equal([
      [
        'exact-duplicates',
        '1 group of exact duplicates, such as a/1 and a/1 again; each file counts.',
      ],
      [
        'near-duplicates',
        '2 groups of near-duplicates, such as a/1 and a/1 brighter and a/1 again; a split keeps them together.',
      ],
    ]);
    expect(
      duplicateFindings({train: [one, two], validation: [three], test: []}, ['a', 'b'], duplicates),
    ).to.deep.equal([]);
  });
});
