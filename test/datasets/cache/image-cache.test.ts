import {createHash} from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import type {FinetuneError} from '../../../src/core/errors.js';
import {decodeFile} from '../../../src/datasets/images/decode.js';
import {
  openImageCache,
  type ImageCache,
  type ImageCacheOptions,
} from '../../../src/datasets/cache/image-cache.js';
import {everySample, loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, noisy, of, writeImages, writeTree} from '../../helpers/images.js';

const PREPROCESSING = {...TORCHVISION_PREPROCESSING, resizeSize: 16, cropSize: 12};
const IN_MEMORY = Number.MAX_SAFE_INTEGER;
const IN_A_FILE = 0;

async function petFolder(cats = 4, dogs = 3): Promise<ImageFolder> {
  const root = temporaryDirectory();
  await writeImages(root, [...of('cats', cats), ...of('dogs', dogs)]);
  return loadImageFolder(root);
}

interface Opened {
  readonly cache: ImageCache;
  readonly decoded: number;
}

/** Opens a cache and counts what it decodes. */
async function open(
  folder: ImageFolder,
  options: Partial<ImageCacheOptions> = {},
): Promise<Opened> {
  let decoded = 0;
  const cache = await openImageCache(everySample(folder), PREPROCESSING, {
    classNames: folder.classNames,
    memoryLimitBytes: IN_MEMORY,
    directory: temporaryDirectory(),
    workers: 3,
    onProgress: (_, __, stage) => void (decoded += stage === 'decoding' ? 1 : 0),
    ...options,
  });
  return {cache, decoded};
}

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

async function expectPixels(cache: ImageCache, samples: readonly Sample[]): Promise<void> {
  for (const sample of samples) {
    const expected = await decodeFile(sample.path, PREPROCESSING);
    const {data, width, height} = await cache.image(sample);
    expect([width, height]).to.deep.equal([expected.width, expected.height]);
    expect(Buffer.compare(data, expected.data), sample.name).to.equal(0);
  }
}

describe('openImageCache', () => {
  for (const [place, budgetBytes] of [
    ['in memory', IN_MEMORY],
    ['in a file', IN_A_FILE],
  ] as const) {
    describe(place, () => {
      it('gives the pixels and the hash of every image', async () => {
        const folder = await petFolder();
        const {cache, decoded} = await open(folder, {memoryLimitBytes: budgetBytes});
        expect(cache.samples).to.deep.equal(folder.samples);
        expect(cache.findings).to.deep.equal([]);
        expect(decoded).to.equal(7);
        await expectPixels(cache, folder.samples);
        folder.samples.forEach(sample =>
          expect(cache.contentHash(sample)).to.equal(sha256(sample.path)),
        );
        await cache.close();
      });

      it('decodes identical files once', async () => {
        const folder = await petFolder();
        copyFileSync(join(folder.root, 'cats/0.png'), join(folder.root, 'dogs/copy.png'));
        const again = await loadImageFolder(folder.root);
        const {cache, decoded} = await open(again, {memoryLimitBytes: budgetBytes});
        expect(decoded).to.equal(7);
        await expectPixels(cache, again.samples);
        await cache.close();
      });

      it('makes findings of broken images, whether the header is or the pixels are, and goes on', async () => {
        const folder = await petFolder(24, 12);
        const whole = await noisy(99, 200, 100).jpeg().toBuffer();
        writeTree(folder.root, {
          'cats/pixels.jpg': whole.subarray(0, whole.length / 2),
          'cats/header.png': Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1'),
        });
        rmSync(join(folder.root, 'dogs/0.png'));
        const {cache} = await open(
          {
            ...(await loadImageFolder(folder.root)),
            samples: [...(await loadImageFolder(folder.root)).samples, folder.samples[24]!],
          },
          {memoryLimitBytes: budgetBytes},
        );
        expect(cache.samples).to.have.length(35);
        expect(
          cache.findings.map(({message, files, className}) => [message, files, className]),
        ).to.deep.equal([
          ['Skipped cats/header.png: it is damaged or cut off.', ['cats/header.png'], 'cats'],
          ['Skipped cats/pixels.jpg: it is damaged or cut off.', ['cats/pixels.jpg'], 'cats'],
          ['Skipped dogs/0.png: it cannot be opened (ENOENT).', ['dogs/0.png'], 'dogs'],
        ]);
        expect(() => cache.image({path: '', name: 'cats/pixels.jpg', label: 0})).to.throw(
          RangeError,
          'cats/pixels.jpg is not a readable image of the cache.',
        );
        expect(() => cache.contentHash({path: '', name: 'cats/header.png', label: 0})).to.throw(
          RangeError,
        );
        await cache.close();
      });

      it('refuses a class that has lost more than half', async () => {
        const folder = await petFolder(9, 2);
        const whole = await noisy(99, 200, 100).jpeg().toBuffer();
        for (const name of ['x', 'y', 'z'])
          writeTree(folder.root, {[`dogs/${name}.jpg`]: whole.subarray(0, whole.length - 200)});
        const error = (await failure(
          open(await loadImageFolder(folder.root), {memoryLimitBytes: budgetBytes}),
        )) as FinetuneError;
        expect(error.message).to.equal(
          `3 of 5 images of class dogs cannot be read, such as ${join(folder.root, 'dogs/x.jpg')} (it is damaged or cut off). ` +
            'Repair or replace them; to train without them, list them with finetune check DIR --write-exclude exclude.txt and add --exclude exclude.txt.',
        );
        expect(error.exitCode).to.equal(3);
      });

      it('refuses a class of which no image can be read', async () => {
        const folder = await petFolder(3, 1);
        writeFileSync(join(folder.root, 'dogs/0.png'), '\x89PNG\r\n\x1a\nrest', 'latin1');
        const error = (await failure(
          open(folder, {memoryLimitBytes: budgetBytes}),
        )) as FinetuneError;
        expect(error.message).to.equal(
          `Class dogs has no images in ${join(folder.root, 'dogs')} that can be read, ` +
            `such as ${join(folder.root, 'dogs/0.png')} (it is damaged or cut off). Add images or remove the class.`,
        );
        expect(error.exitCode).to.equal(3);
      });

      it('stops when aborted and leaves no file', async () => {
        const folder = await petFolder();
        const directory = temporaryDirectory();
        const controller = new AbortController();
        const onProgress = (done: number, _: number, stage: string): void => {
          if (stage === 'decoding' && done === 2) controller.abort();
        };
        const error = await failure(
          open(folder, {
            memoryLimitBytes: budgetBytes,
            directory,
            signal: controller.signal,
            onProgress,
            workers: 1,
          }),
        );
        expect(error.message).to.equal('The run was stopped.');
        expect(readdirSync(directory)).to.deep.equal([]);
      });
    });
  }

  it('counts both stages to their ends', async () => {
    const calls: string[] = [];
    const {cache} = await open(await petFolder(2, 1), {
      workers: 1,
      onProgress: (done, total, stage) => calls.push(`${stage} ${done}/${total}`),
    });
    expect(calls).to.deep.equal([
      'reading 1/3',
      'reading 2/3',
      'reading 3/3',
      'decoding 1/3',
      'decoding 2/3',
      'decoding 3/3',
    ]);
    await cache.close();
  });

  describe('the file', () => {
    it('is made next to its place, only above the budget', async () => {
      const folder = await petFolder();
      const directory = join(temporaryDirectory(), 'deep/er');
      const bytes = 7 * 16 * 20 * 3;
      await (await open(folder, {directory, memoryLimitBytes: bytes})).cache.close();
      expect(existsSync(directory)).to.equal(false);
      await (await open(folder, {directory, memoryLimitBytes: bytes - 1})).cache.close();
      expect(readdirSync(directory))
        .to.have.length(1)
        .and.to.match(/^pixels-[0-9a-f]{32}\.bin$/);
    });

    it('serves a later run, also when the folder has moved', async () => {
      const folder = await petFolder();
      const directory = temporaryDirectory();
      await (await open(folder, {directory, memoryLimitBytes: IN_A_FILE})).cache.close();
      const moved = await petFolder();
      const {cache, decoded} = await open(moved, {directory, memoryLimitBytes: IN_A_FILE});
      expect(decoded).to.equal(0);
      await expectPixels(cache, moved.samples);
      await cache.close();
    });

    it('remembers broken images for the later run', async () => {
      const folder = await petFolder(12, 12);
      const whole = await noisy(99, 200, 100).jpeg().toBuffer();
      writeTree(folder.root, {'cats/x.jpg': whole.subarray(0, whole.length - 200)});
      const withBroken = await loadImageFolder(folder.root);
      const directory = temporaryDirectory();
      const first = await open(withBroken, {directory, memoryLimitBytes: IN_A_FILE});
      const second = await open(withBroken, {directory, memoryLimitBytes: IN_A_FILE});
      expect(second.decoded).to.equal(0);
      expect(second.cache.findings).to.have.length(1).and.to.deep.equal(first.cache.findings);
      await first.cache.close();
      await second.cache.close();
    });

    it('is another for other images and for another preprocessing', async () => {
      const directory = temporaryDirectory();
      const folder = await petFolder();
      const options = {
        classNames: folder.classNames,
        memoryLimitBytes: IN_A_FILE,
        directory,
        workers: 2,
      };
      for (const [samples, preprocessing] of [
        [folder.samples, PREPROCESSING],
        [folder.samples.toReversed(), PREPROCESSING],
        [folder.samples.slice(1), PREPROCESSING],
        [folder.samples, {...PREPROCESSING, resizeSize: 17}],
      ] as const) {
        await (await openImageCache(samples, preprocessing, options)).close();
      }
      expect(readdirSync(directory)).to.have.length(3);
    });

    for (const [damage, spoil] of [
      ['cut short', (path: string) => truncateSync(path, readFileSync(path).length - 1)],
      ['empty', (path: string) => truncateSync(path, 0)],
      ['altered at its end', (path: string) => alter(path, -20)],
      [
        'longer',
        (path: string) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(1)])),
      ],
    ] as const) {
      it(`is made anew when it is ${damage}`, async () => {
        const folder = await petFolder();
        const directory = temporaryDirectory();
        await (await open(folder, {directory, memoryLimitBytes: IN_A_FILE})).cache.close();
        spoil(join(directory, readdirSync(directory)[0]!));
        const {cache, decoded} = await open(folder, {directory, memoryLimitBytes: IN_A_FILE});
        expect(decoded).to.equal(7);
        await expectPixels(cache, folder.samples);
        await cache.close();
      });
    }

    it('is not believed where its pixels were altered: that image is decoded again', async () => {
      const folder = await petFolder();
      const directory = temporaryDirectory();
      await (await open(folder, {directory, memoryLimitBytes: IN_A_FILE})).cache.close();
      const path = join(directory, readdirSync(directory)[0]!);
      alter(path, 5);
      const {cache, decoded} = await open(folder, {directory, memoryLimitBytes: IN_A_FILE});
      expect(decoded).to.equal(0);
      await expectPixels(cache, folder.samples);
      folder.samples.forEach(sample => rmSync(sample.path));
      const errors = await Promise.all(
        folder.samples.map(async sample =>
          Promise.resolve(cache.image(sample)).then(
            () => [],
            (error: Error) => [error],
          ),
        ),
      );
      expect(errors.flat()).to.have.length(1);
      expect(errors.flat()[0]!.message).to.match(
        /^No intact pixels of \S+ are in \S+, and the image cannot be read again: it cannot be opened \(ENOENT\)\. Start again\.$/,
      );
      await cache.close();
    });

    it('that cannot be written is skipped with one warning', async () => {
      const folder = await petFolder();
      const directory = join(temporaryDirectory(), 'taken');
      writeFileSync(directory, 'a file where the folder should be');
      const troubles: string[] = [];
      const {cache} = await open(folder, {
        directory,
        memoryLimitBytes: IN_A_FILE,
        onWarning: message => troubles.push(message),
      });
      expect(troubles).to.have.length(1);
      expect(troubles[0]).to.match(
        /^1 MiB of decoded images cannot be kept at \S+taken\/pixels-\w+\.bin \(a file of that name is in the way\), so they are decoded again in every epoch, .* Make room, raise --cache-disk or --cache-memory, or set FINETUNE_CACHE to another folder\.$/,
      );
      await expectPixels(cache, folder.samples);
      await cache.close();
    });

    it('that may not take so much of the disk is done without, and those of other runs make room for one that may', async () => {
      const [folder, other] = [await petFolder(), await petFolder(8, 8)];
      const directory = temporaryDirectory();
      const troubles: string[] = [];
      const options = {
        directory,
        memoryLimitBytes: IN_A_FILE,
        onWarning: (message: string) => troubles.push(message),
      };
      const {cache} = await open(folder, {...options, limitBytes: 100});
      await expectPixels(cache, folder.samples);
      expect([troubles.length, readdirSync(directory)]).to.deep.equal([1, []]);
      await (await open(other, options)).cache.close();
      const [before] = readdirSync(directory);
      const {size} = statSync(join(directory, before!));
      await (await open(folder, {...options, limitBytes: size})).cache.close();
      expect(readdirSync(directory)).to.have.length(1).and.not.include(before);
      expect(troubles).to.have.length(1);
    });

    it('leaves in memory what has room there when it is done without, and says of an image that is gone since that it is', async () => {
      const folder = await petFolder();
      const budgetBytes = 1200;
      const {cache} = await open(folder, {
        directory: temporaryDirectory(),
        memoryLimitBytes: budgetBytes,
        limitBytes: 0,
      });
      await expectPixels(cache, folder.samples);
      folder.samples.forEach(sample => rmSync(sample.path));
      const images = await Promise.allSettled(
        folder.samples.map(async sample => cache.image(sample)),
      );
      const lost = images.flatMap(image =>
        image.status === 'rejected' ? [image.reason as FinetuneError] : [],
      );
      expect(lost.length).to.be.above(0).and.below(folder.samples.length);
      for (const {code} of lost) expect(code).to.equal('PIXEL_CACHE_CORRUPT');
      await cache.close();
    });
  });

  it('notices an image that changes between two reads', async () => {
    const folder = await petFolder(20, 20);
    const victim = folder.samples[39]!;
    const onProgress = (done: number, total: number, stage: string): void => {
      if (stage === 'reading' && done === total)
        writeFileSync(victim.path, readFileSync(folder.samples[0]!.path));
    };
    const {cache} = await open(folder, {onProgress});
    expect(cache.findings.map(({message}) => message)).to.deep.equal([
      `Skipped ${victim.name}: it changed while it was read.`,
    ]);
    await cache.close();
  });
});

/** Changes one byte, counted from the end where `at` is negative. */
function alter(path: string, at: number): void {
  const bytes = readFileSync(path);
  const position = at < 0 ? bytes.length + at : at;
  bytes[position]! ^= 0xff;
  writeFileSync(path, bytes);
}
