import {expect} from 'chai';
import {inChild, SRC} from '../../helpers/in-child.js';

const FORMATS = [
  'jpg',
  'png',
  'webp',
  'gif',
  'tiff',
  'avif',
  'bmp',
  'rle.bmp',
  'ppm',
  'pgm',
  'heic',
] as const;

/** AVIF and HEIC take as long as all others together: their share is the smallest. */
const FLIPS: Readonly<Record<(typeof FORMATS)[number], number>> = {
  jpg: 4000,
  png: 4000,
  webp: 4000,
  gif: 4000,
  tiff: 4000,
  avif: 2000,
  bmp: 1000,
  'rle.bmp': 1500,
  ppm: 1000,
  pgm: 1000,
  heic: 600,
};

/** What may be said of a damaged image. */
const EXPECTED_ERRORS = [
  'its bytes are no image',
  'it is damaged or cut off',
  'it has another size than its header says',
  'it has more than 268 million pixels',
  'it has more than 10000 frames',
  /^it would take more than 640 MiB of memory; make it smaller$/,
  /^[A-Z][\w -]+ is not supported; (convert|develop|save) /,
  /^(its|it has|RAW) .* (is|are|has|have|was|go|nothing says) .*; (convert|develop|save) it /,
];

interface Report {
  readonly decoded: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  /** MiB after a fifth of the work, and at the end. */
  readonly resident: readonly [number, number];
  readonly longest: number;
}

/** Decodes images in which up to eight bits are turned, the same ones every time, as a check and a run do. */
const script = (flips: Readonly<Record<string, number>>): string => `
  import {createRng} from '${SRC}/core/rng.js';
  import {decodeForInspection, decodeBytes} from '${SRC}/datasets/images/decode.js';
  import {describeDecodeError} from '${SRC}/datasets/images/image-error.js';
  import {mapConcurrently} from '${SRC}/core/async.js';
  import {HEIC_FILES} from '${SRC}/../test/fixtures/heic-files.js';
  import {plainImages} from '${SRC}/../test/fixtures/unusual-images.js';
  const PREPROCESSING = {resizeSize: 32};
  const phones = ['plain', 'halfClear'].map(name => Buffer.from(HEIC_FILES[name], 'base64'));
  const small = [...await plainImages(7, 24, 18), ['heic', phones[0]]];
  const large = [...await plainImages(8, 80, 60), ['heic', phones[1]]];
  const images = [...small, ...large.map(([key, bytes]) => [key + ' large', bytes])];
  const [decoded, errors, wrong] = [{}, {}, []];
  let longest = 0;
  const attempt = async ([name, bytes], i) => {
    const stream = createRng(20_000, name, i);
    const damaged = Uint8Array.from(bytes);
    const area = stream.next() < 0.5 ? Math.min(200, bytes.length) : bytes.length; // half of them in the header
    for (let flips = 1 + stream.integer(8); flips > 0; flips--) damaged[stream.integer(area)] ^= 1 << stream.integer(8);
    const begun = performance.now();
    const isExamined = i % 4 === 0;
    const work = isExamined ? decodeForInspection(damaged).then(({image}) => image) : decodeBytes(damaged, PREPROCESSING);
    const image = await work.catch(describeDecodeError);
    longest = Math.max(longest, performance.now() - begun);
    if (typeof image === 'string') errors[image] = (errors[image] ?? 0) + 1;
    else {
      decoded[name] = (decoded[name] ?? 0) + 1;
      const {width, height, data} = image;
      if (data.length !== width * height * 3 || (!isExamined && Math.min(width, height) !== 32)) wrong.push(name + ' ' + i);
    }
  };
  const flips = ${JSON.stringify(flips)};
  const share = (part, parts) => images.flatMap(image => {
    const count = Math.round(flips[image[0].split(' ')[0]] / 2 / parts);
    return Array.from({length: count}, (_, i) => [image, part * count + i]);
  });
  const mebibytes = () => Math.round(process.memoryUsage.rss() / 2 ** 20);
  const resident = [];
  for (let part = 0; part < 10; part++) {
    await mapConcurrently(share(part, 10), 8, ([image, i]) => attempt(image, i));
    resident.push(mebibytes());
  }
  console.log(JSON.stringify({decoded, errors, wrong, resident: [resident[1], resident.at(-1)], longest}));`;

describe('bit flips in valid images', function () {
  this.timeout(400_000);

  it('end in pixels or in a reason, 20,000 times in one process that does not grow', async () => {
    const {code, signal, stdout, stderr} = await inChild(script(FLIPS));
    expect({code, signal, stderr}).to.deep.equal({code: 0, signal: null, stderr: ''});
    const {decoded, errors, wrong, resident, longest} = JSON.parse(stdout) as Report;
    const count = (of: Readonly<Record<string, number>>): number =>
      Object.values(of).reduce((sum, times) => sum + times, 0);
    expect(count(decoded) + count(errors)).to.be.at.least(20_000);
    expect(
      Object.keys(errors).filter(
        error =>
          !EXPECTED_ERRORS.some(known =>
            known instanceof RegExp ? known.test(error) : known === error,
          ),
      ),
    ).to.deep.equal([]);
    expect(wrong).to.deep.equal([]);
    expect(resident[1] - resident[0]).to.be.below(64);
    expect(longest).to.be.below(20_000);
  });
});
