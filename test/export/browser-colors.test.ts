import {expect} from 'chai';
import {crc32} from 'node:zlib';
import sharp, {type Sharp} from 'sharp';
import {decodeForInspection} from '../../src/datasets/images/decode.js';
import {createGammaProfile, isSrgb} from '../../src/datasets/formats/icc.js';
import {encodeTiffWithProfile} from '../../src/datasets/formats/profiled-tiff.js';
import {browserOrSkip} from '../helpers/browser.js';
import {serve, stopServers} from '../helpers/loopback.js';

const SIDE = 32;

/** Four colors, as they are stored. */
const stored = (): Sharp => {
  const colors = [
    [200, 60, 40],
    [60, 180, 90],
    [50, 80, 200],
    [128, 128, 128],
  ] as const;
  const pixels = Uint8Array.from({length: SIDE * SIDE * 3}, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    return colors[(x < SIDE / 2 ? 0 : 1) + (y < SIDE / 2 ? 0 : 2)]![i % 3]!;
  });
  return sharp(pixels, {raw: {width: SIDE, height: SIDE, channels: 3}});
};

function chunk(kind: string, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12 + 4 * values.length);
  bytes.writeUInt32BE(4 * values.length, 0);
  bytes.write(kind, 4, 'latin1');
  values.forEach((value, i) => bytes.writeUInt32BE(Math.round(value * 100_000), 8 + 4 * i));
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

/** A PNG with chunks behind its header. */
const withChunks = (png: Buffer, ...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);

/** Adobe RGB (1998): white, red, green, blue. */
const ADOBE = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];

async function files(): Promise<Readonly<Record<string, Buffer>>> {
  const png = await stored().png().toBuffer();
  const gray = await stored().toColourspace('b-w').png().toBuffer();
  const p3 = (): Sharp => stored().withIccProfile('p3');
  return {
    'Display P3.jpg': await p3().jpeg({quality: 100, chromaSubsampling: '4:4:4'}).toBuffer(),
    'Display P3.png': await p3().png().toBuffer(),
    'Display P3.webp': await p3().webp({lossless: true}).toBuffer(),
    'sRGB.jpg': await stored()
      .withIccProfile('srgb')
      .jpeg({quality: 100, chromaSubsampling: '4:4:4'})
      .toBuffer(),
    'plain.png': png,
    'linear.png': withChunks(png, chunk('gAMA', 1)),
    'of a Mac.png': withChunks(png, chunk('gAMA', 1 / 1.8)),
    'Adobe RGB.png': withChunks(png, chunk('gAMA', 1 / 2.2), chunk('cHRM', ...ADOBE)),
    'gray.png': withChunks(gray, chunk('gAMA', 1 / 1.8)),
    'usual.png': withChunks(
      png,
      chunk('gAMA', 0.45455),
      chunk('cHRM', 0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06),
    ),
  };
}

/** What most programs write to say sRGB is taken at its word by Chromium: an exponent of 2.2, darker than sRGB in the shadows. */
const TOLERANCES: Readonly<Record<string, number>> = {'usual.png': 6};

/** The middles of the four colors. */
const PLACES = [8, 24].flatMap(y => [8, 24].map(x => y * SIDE + x));

describe('colors of images with profiles', function () {
  this.timeout(120_000);
  after(stopServers);

  it('are those that Chromium shows, to 3 levels', async function () {
    const browser = await browserOrSkip(this);
    try {
      const made = await files();
      const {url} = await serve(({url: path = '/'}, response) => {
        const file = made[decodeURIComponent(path.slice(1))];
        if (file === undefined)
          return void response.writeHead(200, {'content-type': 'text/html'}).end('<!doctype html>');
        response
          .writeHead(200, {
            'content-type': `image/${path.split('.').at(-1)!.replace('jpg', 'jpeg')}`,
          })
          .end(file);
      });
      const page = await browser.newPage();
      await page.goto(url);
      for (const [name, bytes] of Object.entries(made)) {
        const shown = await page.evaluate(
          async (address: string) => {
            const image = new Image();
            image.src = address;
            await image.decode();
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.width, image.height];
            const context = canvas.getContext('2d')!;
            context.drawImage(image, 0, 0);
            return [...context.getImageData(0, 0, image.width, image.height).data];
          },
          `/${encodeURIComponent(name)}`,
        );
        const {image} = await decodeForInspection(bytes);
        for (const place of PLACES) {
          const [ours, theirs] = [
            [...image.data.subarray(place * 3, place * 3 + 3)],
            shown.slice(place * 4, place * 4 + 3),
          ];
          const tolerance = TOLERANCES[name] ?? 3;
          ours.forEach((value, i) =>
            expect(value, `${name} at ${place}: ${ours} and ${theirs}`).to.be.closeTo(
              theirs[i]!,
              tolerance,
            ),
          );
        }
      }
    } finally {
      await browser.close();
    }
  });

  it('are changed by profiles and by what PNG files say, and only where these are not sRGB', async () => {
    const made = await files();
    const colorOf = async (name: string): Promise<number[]> => [
      ...(await decodeForInspection(made[name]!)).image.data.subarray(0, 3),
    ];
    const plain = await colorOf('plain.png');
    expect(plain).to.deep.equal([200, 60, 40]);
    expect(await colorOf('usual.png')).to.deep.equal(plain);
    for (const name of ['linear.png', 'of a Mac.png', 'Adobe RGB.png']) {
      const color = await colorOf(name);
      expect(Math.max(...color.map((value, i) => Math.abs(value - plain[i]!))), name).to.be.above(
        5,
      );
    }
  });

  it('have their profiles recognized as sRGB or as another', async () => {
    const iccOf = async (name: 'srgb' | 'p3'): Promise<Buffer> =>
      (await sharp(await stored().withIccProfile(name).png().toBuffer()).metadata()).icc!;
    expect(isSrgb(await iccOf('srgb'))).to.equal(true);
    expect(isSrgb(await iccOf('p3'))).to.equal(false);
    expect(isSrgb(createGammaProfile(1.8))).to.equal(false);
    expect(isSrgb(new Uint8Array())).to.equal(false);
    expect(isSrgb((await iccOf('srgb')).subarray(0, 200))).to.equal(false);
  });

  it('are the same where a decoder of ours hands on pixels and profile', async () => {
    const png = await stored().withIccProfile('p3').png().toBuffer();
    const {data, info} = await sharp(png, {ignoreIcc: true})
      .raw()
      .toBuffer({resolveWithObject: true});
    const {icc} = await sharp(png).metadata();
    const raster = {data, width: info.width, height: info.height, channels: info.channels as 3};
    const [ours, theirs] = [
      (await decodeForInspection(encodeTiffWithProfile(raster, icc!))).image.data,
      (await decodeForInspection(png)).image.data,
    ];
    expect([...ours]).to.deep.equal([...theirs]);
    expect([...ours.subarray(0, 3)]).not.to.deep.equal([...data.subarray(0, 3)]);
  });

  it('with a damaged profile are read as sRGB', async () => {
    const png = await stored().png().toBuffer();
    const broken = await stored()
      .withIccProfile('p3')
      .jpeg({quality: 100, chromaSubsampling: '4:4:4'})
      .toBuffer();
    const at = broken.indexOf('ICC_PROFILE');
    broken.fill(0x41, at + 20, at + 200);
    const [whole, color] = [
      (await decodeForInspection(png)).image.data,
      (await decodeForInspection(broken)).image.data,
    ];
    expect(color.length).to.equal(whole.length);
  });
});
