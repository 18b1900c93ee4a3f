import {readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp, {type Sharp} from 'sharp';
import {checkImages, type CheckReport} from '../../../src/datasets/inspection/check.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import {computeImageStats} from '../../../src/datasets/inspection/image-stats.js';
import {InspectionCache} from '../../../src/datasets/inspection/inspection-cache.js';
import {inspectImages} from '../../../src/datasets/inspection/inspect-images.js';
import {writeChecksummedFile} from '../../../src/core/files/checksummed-file.js';
import {computeFingerprint} from '../../../src/datasets/duplicates/fingerprint.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {DAMAGES} from '../../helpers/damages.js';
import {createPhoto, pixels} from '../../helpers/photos.js';
import {writeTree} from '../../helpers/images.js';

/** A folder of two classes of eight sound photos each, and the given files. */
async function folderWith(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const root = temporaryDirectory();
  for (let i = 0; i < 16; i++)
    writeTree(root, {[`${i % 2 ? 'b' : 'a'}/${i}.png`]: await createPhoto(100 + i)});
  writeTree(root, files);
  return root;
}

const check = async (root: string, cache?: string): Promise<CheckReport> =>
  checkImages(await loadImageFolder(root), cache === undefined ? {} : {cache});

const filesOf = ({findings}: CheckReport): Record<string, readonly string[]> =>
  Object.fromEntries(
    findings.filter(({code}) => code !== 'small-class').map(({code, files}) => [code, files]),
  );

const flat = (color: string, width = 320, height = 240): Sharp =>
  sharp({create: {width, height, channels: 3, background: color}});

/** A square of another color on one. */
const spot = (ground: string, color: string): Promise<Buffer> =>
  flat(ground)
    .composite([
      {
        input: {create: {width: 40, height: 40, channels: 3, background: color}},
        left: 20,
        top: 30,
      },
    ])
    .removeAlpha()
    .png()
    .toBuffer();

/** Further files of a kind: the photo that was copied, and a GIF, which can be transparent. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'near-duplicates': ['a/2.png'],
  'alpha-channel': ['a/animated.gif'],
};

/** Two photos one after the other. */
const animation = async (): Promise<Buffer> =>
  sharp([await createPhoto(14), await createPhoto(15)], {join: {animated: true}})
    .gif()
    .toBuffer();

describe('computeImageStats', () => {
  it('computes brightness, contrast and colors, and the same fingerprint as a run', async () => {
    const image = await pixels(await createPhoto(1));
    const stats = computeImageStats(image);
    expect(stats.brightness).to.be.within(90, 165);
    expect(stats.contrast).to.be.above(10);
    expect(stats.hasColor).to.equal(true);
    const fingerprint = computeFingerprint(image);
    expect(
      Math.max(...stats.fingerprint.map((value, i) => Math.abs(value - fingerprint[i]!))),
    ).to.be.at.most(4); // cells of 2.5 pixels are rounded otherwise
  });

  it('finds less in a blurred one, and no color in a gray one', async () => {
    const info = await createPhoto(1);
    const sharpness = async (image: Buffer): Promise<number> =>
      computeImageStats(await pixels(image)).sharpness;
    expect(await sharpness(await sharp(info).blur(8).png().toBuffer())).to.be.below(
      (await sharpness(info)) / 3,
    );
    expect(
      computeImageStats(await pixels(await sharp(info).grayscale().png().toBuffer())).hasColor,
    ).to.equal(false);
    expect(computeImageStats(await pixels(await flat('white').png().toBuffer()))).to.include({
      contrast: 0,
      sharpness: 0,
      brightness: 255,
    });
  });
});

describe('findings about images', function () {
  this.timeout(60_000);

  it('are empty for sound images', async () => {
    expect(filesOf(await check(await folderWith({})))).to.deep.equal({});
  });

  it('name each kind of suspicious image, and no other', async () => {
    const suspicious: Readonly<Record<string, readonly [file: string, bytes: Buffer]>> = {
      'low-information': ['a/blank.png', await flat('#808080').png().toBuffer()],
      dark: ['a/dark.png', await spot('black', 'orange')],
      light: ['a/bright.png', await spot('white', 'navy')],
      blurry: [
        'a/blurred.png',
        await sharp(await createPhoto(4))
          .blur(30)
          .normalise()
          .png()
          .toBuffer(),
      ],
      'very-low-resolution': [
        'a/tiny.png',
        await sharp(await createPhoto(5))
          .resize(50, 40)
          .png()
          .toBuffer(),
      ],
      'low-resolution': [
        'a/small.png',
        await sharp(await createPhoto(6))
          .resize(160, 120)
          .png()
          .toBuffer(),
      ],
      'odd-aspect-ratio': [
        'a/long.png',
        await sharp(await createPhoto(7))
          .resize(1600, 250, {fit: 'fill'})
          .png()
          .toBuffer(),
      ],
      'wrong-extension': [
        'a/jpeg.png',
        await sharp(await createPhoto(8))
          .jpeg()
          .toBuffer(),
      ],
      animated: ['a/animated.gif', await animation()],
      'exif-orientation': [
        'a/turned.jpg',
        await sharp(await createPhoto(9))
          .jpeg()
          .withMetadata({orientation: 6})
          .toBuffer(),
      ],
      cmyk: [
        'a/cmyk.jpg',
        await sharp(await createPhoto(10))
          .toColourspace('cmyk')
          .jpeg()
          .toBuffer(),
      ],
      'color-profile': [
        'a/profile.png',
        await sharp(await createPhoto(31))
          .withIccProfile('p3')
          .png()
          .toBuffer(),
      ],
      'high-bit-depth': [
        'a/deep.png',
        await sharp(await createPhoto(11))
          .toColourspace('rgb16')
          .png()
          .toBuffer(),
      ],
      'alpha-channel': [
        'a/clear.png',
        await sharp(await createPhoto(12))
          .ensureAlpha(0.5)
          .png()
          .toBuffer(),
      ],
      grayscale: [
        'a/gray.jpg',
        await sharp(await createPhoto(13))
          .grayscale()
          .jpeg()
          .toBuffer(),
      ],
      'near-duplicates': [
        'a/copy.jpg',
        await sharp(await createPhoto(102))
          .resize(300)
          .jpeg()
          .toBuffer(),
      ],
    };
    const found = filesOf(
      await check(await folderWith(Object.fromEntries(Object.values(suspicious)))),
    );
    for (const [code, [file]] of Object.entries(suspicious))
      expect(found[code], code).to.include(file);
    const expected = Object.fromEntries(
      Object.entries(suspicious).map(([code, [file]]) => [code, [...(ALSO[code] ?? []), file]]),
    );
    for (const [code, files] of Object.entries(expected))
      expect(found[code], code).to.deep.equal(files);
  });

  it('recommends images to exclude', async () => {
    const blank = await flat('navy').png().toBuffer();
    const {findings} = await check(await folderWith({'a/blank.png': blank}));
    expect(findings.find(({code}) => code === 'low-information')).to.deep.include({
      exclude: ['a/blank.png'],
    });
  });
});

describe('the inspection cache', () => {
  it('is known again, by size and time, until a file changes', async () => {
    const root = await folderWith({});
    const cache = temporaryDirectory();
    const {samples} = await loadImageFolder(root);
    const inspected = async (): Promise<[readonly unknown[], number]> => {
      const store = await InspectionCache.open(root, cache);
      let kept = 0;
      const keep = store.set.bind(store);
      store.set = (...given) => {
        kept++;
        keep(...given);
      };
      const found = await inspectImages(samples, {}, store);
      await store.save();
      const reported = [...found].map(([name, {image, ...stats}]) => [
        name,
        stats,
        {...image, fingerprint: [...image!.fingerprint]},
      ]);
      return [reported, kept];
    };
    const [first, all] = await inspected();
    expect(all).to.equal(16);
    const [second, none] = await inspected();
    expect(none).to.equal(0);
    expect(second).to.deep.equal(first);
    writeFileSync(samples[0]!.path, await createPhoto(300));
    utimesSync(samples[1]!.path, 1, 1);
    expect((await inspected())[1]).to.equal(2);
  });

  for (const [how, damage] of Object.entries(DAMAGES)) {
    it(`is ignored, fingerprints included, where its file is ${how}`, async () => {
      const root = await folderWith({});
      const cache = temporaryDirectory();
      const {samples} = await loadImageFolder(root);
      const inspected = async (): Promise<unknown[]> => {
        const store = await InspectionCache.open(root, cache);
        const found = await inspectImages(samples, {}, store);
        await store.save();
        return [...found].map(([name, {image}]) => [
          name,
          {...image, fingerprint: [...image!.fingerprint]},
        ]);
      };
      const before = await inspected();
      const {path} = await InspectionCache.open(root, cache);
      writeFileSync(path, damage(readFileSync(path)));
      expect(await inspected()).to.deep.equal(before);
    });
  }

  it('is ignored where its file is damaged or cannot be written, and the check continues', async () => {
    const root = await folderWith({});
    const cache = temporaryDirectory();
    const before = await check(root, cache);
    const store = await InspectionCache.open(root, join(cache, 'inspections'));
    await writeChecksummedFile(store.path, 0, async () => ({
      version: 0,
      entries: [['/a', 1, 1, {hash: 'another version looked otherwise'}]],
    }));
    expect((await check(root, cache)).findings).to.deep.equal(before.findings);
    writeFileSync(store.path, 'damaged');
    expect((await check(root, cache)).findings).to.deep.equal(before.findings);
    writeFileSync(join(cache, 'file'), '');
    expect((await check(root, join(cache, 'file', 'no-folder'))).findings).to.deep.equal(
      before.findings,
    );
  });
});
