import {crc32, deflateSync} from 'node:zlib';
import {createGammaProfile} from './icc.js';

/** Offset after the signature and header, where color chunks belong. */
const COLOR_CHUNK_OFFSET = 33;

function chunk(kind: string, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32BE(body.length, 0);
  bytes.write(kind, 4, 'latin1');
  bytes.set(body, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

type Chunks = ReadonlyMap<string, Buffer>;

/** Reads the chunks before the pixels. */
function readChunks(bytes: Buffer): Chunks {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if (kind === 'IDAT' || at + 12 + length > bytes.length) break;
    chunks.set(kind, bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return chunks;
}

type Matrix = readonly [number, number, number, number, number, number, number, number, number];

const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((_, i) =>
    [0, 1, 2].reduce((sum, k) => sum + a[i - (i % 3) + k]! * b[3 * k + (i % 3)]!, 0),
  ) as unknown as Matrix;

const multiplyVector = (
  m: Matrix,
  [x, y, z]: readonly [number, number, number],
): [number, number, number] =>
  [0, 3, 6].map(row => m[row]! * x + m[row + 1]! * y + m[row + 2]! * z) as [number, number, number];

function invert([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const [first, second, third] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * first + b * second + c * third;
  const rest = [
    c * h - b * i,
    b * f - c * e,
    a * i - c * g,
    c * d - a * f,
    b * g - a * h,
    a * e - b * d,
  ];
  const [q, r, s, t, u, v] = rest as [number, number, number, number, number, number];
  return [first, q, r, second, s, t, third, u, v].map(
    value => value / determinant,
  ) as unknown as Matrix;
}

const BRADFORD: Matrix = [
  0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296,
];
const D50 = [0.9642, 1, 0.8249] as const;

type Chromaticity = readonly [x: number, y: number];

const diagonal = ([x, y, z]: readonly [number, number, number]): Matrix => [
  x,
  0,
  0,
  0,
  y,
  0,
  0,
  0,
  z,
];
const toXyz = ([x, y]: Chromaticity): [number, number, number] => [x / y, 1, (1 - x - y) / y];

/** X, Y, Z of the primaries under D50, from the chromaticities of white, red, green and blue. */
function computePrimaries([white, red, green, blue]: readonly [
  Chromaticity,
  Chromaticity,
  Chromaticity,
  Chromaticity,
]): number[][] {
  const [r, g, b] = [toXyz(red), toXyz(green), toXyz(blue)];
  const columns = [0, 1, 2].flatMap(row => [
    r[row],
    g[row],
    b[row],
  ]) as number[] as unknown as Matrix;
  const unadapted = multiply(columns, diagonal(multiplyVector(invert(columns), toXyz(white))));
  const [from, to] = [multiplyVector(BRADFORD, toXyz(white)), multiplyVector(BRADFORD, D50)];
  const gain = diagonal([to[0] / from[0], to[1] / from[1], to[2] / from[2]]);
  const adapted = multiply(invert(BRADFORD), multiply(gain, multiply(BRADFORD, unadapted)));
  return [0, 1, 2].map(column => [adapted[column]!, adapted[column + 3]!, adapted[column + 6]!]);
}

const SRGB_CHROMATICITIES = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
/** Encoding gamma of sRGB. The display gamma is its inverse. */
const SRGB_GAMMA = 0.45455;

function readChromaticities(chunk: Buffer | undefined): number[] {
  const chromaticities =
    chunk?.length === 32
      ? Array.from({length: 8}, (_, i) => chunk.readUInt32BE(4 * i) / 100_000)
      : SRGB_CHROMATICITIES;
  return chromaticities.every(
    (value, i) => value > 0 && value < 1 && Math.abs(value - SRGB_CHROMATICITIES[i]!) < 0.6,
  )
    ? chromaticities
    : SRGB_CHROMATICITIES;
}

/**
 * Embeds an ICC profile in a PNG whose `gAMA` and `cHRM` chunks say that its colors are not sRGB: libvips only reads profiles. All other
 * files are returned unchanged. An sRGB chunk or an embedded profile takes precedence over these chunks.
 */
export function embedGammaProfile(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const chunks = readChunks(bytes);
  const gammaChunk = chunks.get('gAMA');
  const header = chunks.get('IHDR');
  if (
    gammaChunk?.length !== 4 ||
    header?.length !== 13 ||
    ['sRGB', 'iCCP', 'cICP'].some(kind => chunks.has(kind))
  )
    return file;
  const gamma = gammaChunk.readUInt32BE(0) / 100_000;
  if (gamma < 0.1 || gamma > 10) return file;
  const isGray = header[9] === 0 || header[9] === 4;
  const chromaticities = isGray ? SRGB_CHROMATICITIES : readChromaticities(chunks.get('cHRM'));
  const isAlreadySrgb =
    Math.abs(gamma - SRGB_GAMMA) < 0.01 &&
    chromaticities.every((value, i) => Math.abs(value - SRGB_CHROMATICITIES[i]!) < 0.005);
  if (isAlreadySrgb) return file;
  const [wx, wy, rx, ry, gx, gy, bx, by] = chromaticities as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const primaries = isGray
    ? undefined
    : computePrimaries([
        [wx, wy],
        [rx, ry],
        [gx, gy],
        [bx, by],
      ]);
  const profile = chunk(
    'iCCP',
    Buffer.concat([
      Buffer.from('gAMA\0\0', 'latin1'),
      deflateSync(createGammaProfile(1 / gamma, primaries)),
    ]),
  );
  return Buffer.concat([
    bytes.subarray(0, COLOR_CHUNK_OFFSET),
    profile,
    bytes.subarray(COLOR_CHUNK_OFFSET),
  ]);
}
