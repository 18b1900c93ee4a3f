import type {Raster} from './raster.js';

const [SHORT, LONG, BYTES] = [3, 4, 7];

/** Encodes pixels as a TIFF file with an ICC profile. libvips takes no profile for raw pixels. */
export function encodeTiffWithProfile(
  {data, width, height, channels}: Raster,
  profile: Uint8Array,
): Buffer {
  const isColored = channels > 2;
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, 0],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, isColored ? 2 : 1],
    [273, LONG, 1, 0],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, data.length],
    ...(channels === 4 ? [[338, SHORT, 1, 2] as const] : []),
    [34_675, BYTES, profile.length, 0],
  ];
  const directoryBytes = 8 + 2 + 12 * entries.length + 4;
  const bitsAt = directoryBytes;
  const profileAt = bitsAt + 8;
  const pixelsAt = profileAt + profile.length + (profile.length % 2);
  const file = Buffer.alloc(pixelsAt + data.length);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  const offsets: Readonly<Record<number, number>> = {
    273: pixelsAt,
    34_675: profileAt,
    ...(isColored && {258: bitsAt}),
  };
  entries.forEach(([tag, type, count, value], i) => {
    const at = 10 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(offsets[tag] ?? (tag === 258 ? 8 : value), at + 8);
  });
  for (let channel = 0; channel < 4; channel++) file.writeUInt16LE(8, bitsAt + 2 * channel);
  file.set(profile, profileAt);
  file.set(data, pixelsAt);
  return file;
}
