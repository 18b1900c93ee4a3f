import sharp from 'sharp';

/** Gap between images, in pixels. */
const GAP = 6;

/**
 * Renders square images as a grid on white: one row per entry of `rows`.
 *
 * @param rows images, `[size, size, 3]` each
 * @returns the encoded file: JPEG, or PNG or WebP if the name ends in .png or .webp
 */
export async function renderContactSheet(
  rows: readonly (readonly Uint8Array[])[],
  size: number,
  name: string,
): Promise<Buffer> {
  const columns = Math.max(...rows.map(({length}) => length));
  const offsetOf = (index: number): number => GAP + index * (size + GAP);
  const tiles = rows.flatMap((row, y) =>
    row.map((pixels, x) => ({
      input: Buffer.from(pixels),
      raw: {width: size, height: size, channels: 3 as const},
      left: offsetOf(x),
      top: offsetOf(y),
    })),
  );
  const sheet = sharp({
    create: {
      width: offsetOf(columns),
      height: offsetOf(rows.length),
      channels: 3,
      background: 'white',
    },
  })
    .composite(tiles)
    .removeAlpha();
  if (/\.png$/i.test(name)) return sheet.png().toBuffer();
  return /\.webp$/i.test(name)
    ? sheet.webp({quality: 85}).toBuffer()
    : sheet.jpeg({quality: 88}).toBuffer();
}
