/** Tags of an ICC profile, with their data. */
type IccTags = ReadonlyMap<string, DataView>;

const HEADER_BYTES = 128;
const readTag = (view: DataView, at: number): string =>
  Buffer.from(view.buffer, view.byteOffset + at, 4).toString('latin1');
const readFixed = (view: DataView, at: number): number => view.getInt32(at) / 65_536;

function readTags(profile: Uint8Array): IccTags {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.length);
  const count = Math.min(view.getUint32(HEADER_BYTES), 100);
  const tags = Array.from({length: count}, (_, i): [string, DataView] => {
    const at = HEADER_BYTES + 4 + 12 * i;
    const [start, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    return [readTag(view, at), new DataView(profile.buffer, profile.byteOffset + start, length)];
  });
  return new Map(tags);
}

/** X, Y, Z of the sRGB primaries red, green and blue, adapted to the white point of profiles (IEC 61966-2-1, Bradford). */
const SRGB_PRIMARIES: Readonly<Record<string, readonly number[]>> = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7142],
};
const srgbCurve = (value: number): number =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;

function evaluateCurve(view: DataView, value: number): number {
  if (readTag(view, 0) === 'curv') {
    const count = view.getUint32(8);
    if (count === 0) return value;
    if (count === 1) return value ** (view.getUint16(12) / 256);
    const position = value * (count - 1);
    const below = Math.min(Math.floor(position), count - 2);
    const [low, high] = [view.getUint16(12 + 2 * below), view.getUint16(14 + 2 * below)];
    return (low + (high - low) * (position - below)) / 65_535;
  }
  const [gamma, a, b, c, d] = [12, 16, 20, 24, 28].map(at =>
    at + 4 <= view.byteLength ? readFixed(view, at) : NaN,
  ) as [number, ...number[]];
  const kind = view.getUint16(8);
  if (kind === 0) return value ** gamma;
  return kind === 3 ? (value >= d! ? (a! * value + b!) ** gamma : c! * value) : NaN;
}

/** Tolerances: half an 8-bit level for curves; slightly more for primaries, which profiles round. */
const [CURVE_TOLERANCE, PRIMARY_TOLERANCE] = [0.002, 0.002];

/** Whether a profile describes sRGB, which needs no conversion. False for profiles that cannot be parsed. */
export function isSrgb(profile: Uint8Array): boolean {
  try {
    const tags = readTags(profile);
    if (tags.has('A2B0')) return false;
    const isPrimary = ([name, values]: [string, readonly number[]]): boolean =>
      values.every(
        (value, i) => Math.abs(readFixed(tags.get(name)!, 8 + 4 * i) - value) < PRIMARY_TOLERANCE,
      );
    const isCurve = (name: string): boolean =>
      [0.02, 0.1, 0.25, 0.5, 0.75].every(
        value =>
          Math.abs(evaluateCurve(tags.get(name)!, value) - srgbCurve(value)) < CURVE_TOLERANCE,
      );
    return (
      Object.entries(SRGB_PRIMARIES).every(isPrimary) && ['rTRC', 'gTRC', 'bTRC'].every(isCurve)
    );
  } catch {
    return false;
  }
}

const D50 = [0.9642, 1, 0.8249] as const;

function buildTag(kind: string, body: Uint8Array): Buffer {
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  return Buffer.concat([Buffer.from(kind, 'latin1'), Buffer.alloc(4), body, padding]);
}

function buildXyzTag(values: readonly number[]): Buffer {
  const body = Buffer.alloc(12);
  values.forEach((value, i) => body.writeInt32BE(Math.round(value * 65_536), 4 * i));
  return buildTag('XYZ ', body);
}

function buildGammaTag(gamma: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeInt32BE(Math.round(gamma * 65_536), 4);
  return buildTag('para', body);
}

/**
 * Creates an ICC profile with a gamma curve.
 *
 * @param primaries X, Y, Z of red, green and blue under the white point of profiles; none for gray
 */
export function createGammaProfile(
  gamma: number,
  primaries?: readonly (readonly number[])[],
): Buffer {
  const trc = buildGammaTag(gamma);
  const names = ['r', 'g', 'b'];
  const colors = primaries?.map((values, i): [string, Buffer] => [
    `${names[i]}XYZ`,
    buildXyzTag(values),
  ]);
  const curves = colors === undefined ? ['kTRC'] : names.map(name => `${name}TRC`);
  const descriptionTag = buildTag('mluc', Buffer.from([0, 0, 0, 0, 0, 0, 0, 12]));
  const tags: [string, Buffer][] = [
    ['desc', descriptionTag],
    ['cprt', descriptionTag],
    ['wtpt', buildXyzTag(D50)],
    ...(colors ?? []),
    ...curves.map((name): [string, Buffer] => [name, trc]),
  ];
  const header = Buffer.alloc(HEADER_BYTES + 4 + 12 * tags.length);
  header.writeUInt32BE(0x04200000, 8);
  header.write(`mntr${colors === undefined ? 'GRAY' : 'RGB '}XYZ `, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  D50.forEach((value, i) => header.writeInt32BE(Math.round(value * 65_536), 68 + 4 * i));
  header.writeUInt32BE(tags.length, HEADER_BYTES);
  let end = header.length;
  tags.forEach(([name, body], i) => {
    const at = HEADER_BYTES + 4 + 12 * i;
    header.write(name, at, 'latin1');
    header.writeUInt32BE(end, at + 4);
    header.writeUInt32BE(body.length, at + 8);
    end += body.length;
  });
  header.writeUInt32BE(end, 0);
  return Buffer.concat([header, ...tags.map(([, body]) => body)]);
}
