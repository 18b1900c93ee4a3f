import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {FinetuneError} from '../../../src/core/errors.js';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';
import {planSplit} from '../../../src/datasets/splitting/split.js';
import type {ReadableImages} from '../../../src/datasets/splitting/splits.js';
import {
  readSplit,
  splitChanges,
  toSplitDocument,
} from '../../../src/datasets/splitting/split-file.js';
import {ImagesChangedError} from '../../../src/finetune/run/saved-split.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure} from '../../helpers/images.js';

const NAMES = ['a/1', 'a/2', 'a/3', 'a/😀 "x"\n', 'b/1', 'b/2', 'b/__proto__', 'b/4'];

const folderAt = (root: string, names: readonly string[] = NAMES): ImageFolder => ({
  root,
  classNames: ['a', 'b'],
  samples: names.map((name): Sample => ({
    path: join(root, name),
    name,
    label: name.startsWith('a') ? 0 : 1,
  })),
  findings: [],
  layout: 'classes',
});

const contentsOf = (
  {samples}: ImageFolder,
  hash: (name: string) => string = name => `sha of ${name}`,
): ReadableImages => ({
  samples,
  contentHash: ({name}) => hash(name),
});

const FOLDER = folderAt('/pets');
const SPLIT = planSplit(FOLDER, contentsOf(FOLDER), {seed: 7, valSplit: 0.25, testSplit: 0.25});

function write(content: unknown): string {
  const path = join(temporaryDirectory(), 'split.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('split.json', () => {
  it('says which image went where, by name and content', () => {
    const manifest = toSplitDocument(SPLIT);
    expect(manifest.seed).to.equal(7);
    expect(manifest.classNames).to.deep.equal(['a', 'b']);
    expect(
      [...manifest.train, ...manifest.validation, ...manifest.test].map(({name, sha256}) => [
        name,
        sha256,
      ]),
    ).to.have.deep.members(NAMES.map(name => [name, `sha of ${name}`]));
  });

  it('gives the same split again', async () => {
    const path = write(toSplitDocument(SPLIT));
    expect(await readSplit(path, FOLDER)).to.deep.equal(SPLIT);
    expect(await readSplit(path, FOLDER, contentsOf(FOLDER))).to.deep.equal(SPLIT);
  });

  it('gives it for a folder that has moved', async () => {
    const {train} = await readSplit(write(toSplitDocument(SPLIT)), folderAt('/elsewhere'));
    expect(train.map(({path}) => path)).to.deep.equal(
      SPLIT.train.map(({name}) => join('/elsewhere', name)),
    );
  });

  it('records skipped files, and skips new ones', async () => {
    const folder = folderAt('/pets', [...NAMES, 'a/broken']);
    const split = planSplit(folder, contentsOf(FOLDER), {seed: 7});
    const path = write(toSplitDocument(split));
    expect((await readSplit(path, folder)).findings).to.deep.equal([]);
    const later = await readSplit(path, folderAt('/pets', [...NAMES, 'a/broken', 'b/new']));
    expect([...later.skipped]).to.deep.equal([
      ['a/broken', 'it cannot be read'],
      ['b/new', `it is not in ${path}`],
    ]);
    expect(later.findings.map(({message}) => message)).to.deep.equal([
      `Skipped b/new: it is not in ${path}.`,
    ]);
  });

  it('finds changed files, and names three of them in a sentence', () => {
    const before = toSplitDocument(SPLIT);
    const [first, second, third, ...others] = before.train;
    const now = {
      ...before,
      train: [{...first!, sha256: 'another'}, ...others, {name: 'b/new', sha256: 'x'}],
      validation: [...before.validation, third!],
    };
    const changes = splitChanges(before, now);
    expect(changes).to.deep.equal([
      {name: first!.name, change: 'other bytes'},
      {name: second!.name, change: 'gone'},
      {name: third!.name, change: 'in another split'},
      {name: 'b/new', change: 'new'},
    ]);
    expect(new ImagesChangedError({path: 'split.json', changes}).message).to.equal(
      `4 files changed since the run was begun, as split.json tells: ${first!.name} (other bytes), ${second!.name} (gone), ` +
        `${third!.name} (in another split) and 1 more. Put the images back, or start another run.`,
    );
    expect(splitChanges(before, before)).to.deep.equal([]);
  });

  describe('is refused', () => {
    const refusal = async (
      content: unknown,
      folder = FOLDER,
      contents?: ReadableImages,
    ): Promise<[string, number]> => {
      const path = write(content);
      const error = (await failure(readSplit(path, folder, contents))) as FinetuneError;
      return [error.message.replaceAll(path, 'split.json'), error.exitCode];
    };

    it('when it is not there', async () => {
      const error = (await failure(readSplit('/nowhere/split.json', FOLDER))) as FinetuneError;
      expect(error.message).to.equal(
        "Split /nowhere/split.json cannot be read: ENOENT: no such file or directory, open '/nowhere/split.json'. Create a new split, without this file.",
      );
      expect(error.exitCode).to.equal(3);
    });

    it('when it is not JSON', async () => {
      const [message, exitCode] = await refusal('{"version": 1,');
      expect(message).to.match(
        /^Split split\.json is not JSON: .+\. Create a new split, without this file\.$/,
      );
      expect(exitCode).to.equal(3);
    });

    it('when it is another JSON', async () => {
      const {seed: _, ...rest} = toSplitDocument(SPLIT);
      expect(await refusal(rest)).to.deep.equal(['Split split.json: "seed" is missing.', 2]);
    });

    it('for another version', async () => {
      const {skipped, ...rest} = toSplitDocument(SPLIT);
      expect(await refusal({...rest, version: 1, leftOut: skipped})).to.deep.equal([
        'Split split.json has version 1, and version 2 is read. Create a new split, without this file.',
        3,
      ]);
    });

    it('for other classes', async () => {
      expect(
        await refusal({...toSplitDocument(SPLIT), classNames: ['cats', 'dogs']}),
      ).to.deep.equal([
        'Split split.json is of the classes cats, dogs, and /pets has a, b. Create a new split, without this file.',
        3,
      ]);
    });

    it('when images are gone', async () => {
      expect(
        await refusal(
          toSplitDocument(SPLIT),
          folderAt(
            '/pets',
            NAMES.filter(name => name !== 'b/2'),
          ),
        ),
      ).to.deep.equal([
        'Split split.json lists b/2, and /pets has no such image that can be read. Create a new split, without this file.',
        3,
      ]);
    });

    it('when images cannot be read any more', async () => {
      expect(
        (
          await refusal(
            toSplitDocument(SPLIT),
            FOLDER,
            contentsOf(folderAt('/pets', NAMES.slice(1))),
          )
        )[0],
      ).to.equal(
        'Split split.json lists a/1, and /pets has no such image that can be read. Create a new split, without this file.',
      );
    });

    it('when an image is another file by now', async () => {
      const changed = contentsOf(FOLDER, name => (name === 'a/2' ? 'another' : `sha of ${name}`));
      expect((await refusal(toSplitDocument(SPLIT), FOLDER, changed))[0]).to.equal(
        'Split split.json was made of other bytes in a/2 than are there now. Create a new split, without this file.',
      );
    });

    it('when an image is in two splits', async () => {
      const manifest = toSplitDocument(SPLIT);
      expect(
        (await refusal({...manifest, validation: [...manifest.validation, manifest.train[0]]}))[0],
      ).to.equal(
        `Split split.json lists ${manifest.train[0]!.name} twice. Create a new split, without this file.`,
      );
    });

    it('when nothing is left to validate on', async () => {
      const manifest = toSplitDocument(SPLIT);
      expect((await refusal({...manifest, validation: []}))[0]).to.match(
        /^\/pets has no image to spare for validation\./,
      );
    });
  });
});
