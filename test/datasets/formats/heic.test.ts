import {performance} from 'node:perf_hooks';
import {expect} from 'chai';
import {TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import {decodeBytes, decodeForInspection} from '../../../src/datasets/images/decode.js';
import {describeDecodeError} from '../../../src/datasets/images/image-error.js';
import {HEIC_FILES} from '../../fixtures/heic-files.js';
import {inChild, SRC} from '../../helpers/in-child.js';

type Color = readonly [number, number, number];
const [RED, GREEN, BLUE, YELLOW, WHITE]: Color[] = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 70, 210],
  [235, 225, 80],
  [255, 255, 255],
] as const as [Color, Color, Color, Color, Color];

/** Sizes and colors of the quarters, row by row, as Pillow shows the files. */
const EXPECTED: Readonly<
  Record<
    keyof typeof HEIC_FILES,
    readonly [width: number, height: number, quarters: readonly (Color | undefined)[]]
  >
> = {
  plain: [64, 48, [RED, GREEN, BLUE, YELLOW]],
  turned: [48, 64, [BLUE, RED, YELLOW, GREEN]],
  mirrored: [64, 48, [GREEN, RED, YELLOW, BLUE]],
  transposed: [48, 64, [YELLOW, GREEN, BLUE, RED]],
  tenBits: [64, 48, [RED, GREEN, BLUE, YELLOW]],
  halfClear: [64, 48, [WHITE, WHITE, BLUE, YELLOW]],
  second: [64, 48, [YELLOW, BLUE, GREEN, RED]],
};

const bytesOf = (name: keyof typeof HEIC_FILES): Buffer => Buffer.from(HEIC_FILES[name], 'base64');
const names = Object.keys(HEIC_FILES) as (keyof typeof HEIC_FILES)[];

describe('HEIC', function () {
  this.timeout(60_000);

  for (const name of names) {
    it(`reads a file that is ${name} as Pillow does, to 3 levels`, async () => {
      const {header, image} = await decodeForInspection(bytesOf(name));
      const [width, height, quarters] = EXPECTED[name];
      expect([image.width, image.height, header.format]).to.deep.equal([width, height, 'HEIC']);
      quarters.forEach((color, i) => {
        const [x, y] = [((i % 2) * 2 + 1) * (width / 4), ((i >> 1) * 2 + 1) * (height / 4)];
        const at = (y * width + x) * 3;
        color!.forEach((value, channel) =>
          expect(image.data[at + channel], `${i} ${channel}`).to.be.closeTo(value, 3),
        );
      });
    });
  }

  it('reads the depth and the transparency', async () => {
    expect((await decodeForInspection(bytesOf('tenBits'))).header).to.include({
      depth: 10,
      hasAlpha: false,
    });
    expect((await decodeForInspection(bytesOf('halfClear'))).header).to.include({
      depth: 8,
      hasAlpha: true,
    });
  });

  it('is fitted like any other image', async () => {
    const {width, height, data} = await decodeBytes(bytesOf('turned'), {
      ...TORCHVISION_PREPROCESSING,
      resizeSize: 96,
    });
    expect([width, height, data.length]).to.deep.equal([96, 128, 96 * 128 * 3]);
  });

  it('is decoded off the main thread, many at a time', async () => {
    let [longest, last] = [0, performance.now()];
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const images = await Promise.all(
      Array.from({length: 60}, (_, i) => decodeForInspection(bytesOf(names[i % names.length]!))),
    );
    clearInterval(watch);
    expect(images).to.have.length(60);
    expect(longest).to.be.below(1000);
  });

  it('keeps no process alive, and costs nothing where there is none', async () => {
    const {code, stdout} = await inChild(`
      import {decodeForInspection} from '${SRC}/datasets/images/decode.js';
      const {image} = await decodeForInspection(Buffer.from('${HEIC_FILES.plain}', 'base64'));
      console.log(image.width);`);
    expect([code, stdout.trim()]).to.deep.equal([0, '64']);
  });

  it('is refused wherever it is cut off', async () => {
    for (const name of ['plain', 'halfClear'] as const) {
      const bytes = bytesOf(name);
      const cuts = Array.from({length: 18}, (_, i) =>
        bytes.subarray(0, Math.floor((bytes.length * (i + 1)) / 20)),
      );
      const errors = await Promise.all(
        cuts.map(cut => decodeForInspection(cut).then(() => undefined, describeDecodeError)),
      );
      for (const error of errors) expect(error).to.match(/^it is damaged or cut off$/);
    }
  });
});
