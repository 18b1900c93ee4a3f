import sharp, {type OverlayOptions} from 'sharp';
import {printable} from '../../core/text/printable.js';

/** Gap between images, in pixels. */
const GAP = 6;

/** Height of a line of labels, and size of its letters, in pixels. Above small images, letters are smaller. */
const [LABEL_HEIGHT, FONT_SIZE] = [20, 13];

/** Labels of a contact sheet. They are drawn with the fonts of the system; without any, their lines stay white. */
export interface SheetLabels {
  /** One above each row. */
  readonly rows: readonly string[];
  /** One above each column. */
  readonly columns: readonly string[];
}

interface Layout {
  readonly size: number;
  readonly labels: SheetLabels | undefined;
}

const columnLeft = (column: number, {size}: Layout): number => GAP + column * (size + GAP);

/** Top of the line of labels above a row, or of its images. */
const rowTop = (row: number, {size, labels}: Layout): number =>
  labels === undefined
    ? GAP + row * (size + GAP)
    : LABEL_HEIGHT + row * (LABEL_HEIGHT + size + GAP);

const imageTop = (row: number, layout: Layout): number =>
  rowTop(row, layout) + (layout.labels === undefined ? 0 : LABEL_HEIGHT);

const escapeXml = (text: string): string =>
  printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Draws the labels on a transparent layer of the size of the sheet. */
function renderLabels(
  {rows, columns}: SheetLabels,
  layout: Layout,
  width: number,
  height: number,
): Buffer {
  const draw = (text: string, left: number, top: number, attributes: string): string =>
    `<text x="${left}" y="${top + LABEL_HEIGHT - 6}" ${attributes}>${escapeXml(text)}</text>`;
  const columnSize = Math.min(FONT_SIZE, layout.size / 7);
  const texts = [
    ...columns.map((text, column) =>
      draw(text, columnLeft(column, layout), 0, `font-size="${columnSize}"`),
    ),
    ...rows.map((text, row) =>
      draw(text, columnLeft(0, layout), rowTop(row, layout), 'font-weight="700"'),
    ),
  ];
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${FONT_SIZE}" fill="#222">${texts.join('')}</svg>`,
  );
}

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
  labels?: SheetLabels,
): Promise<Buffer> {
  const layout: Layout = {size, labels};
  const width = columnLeft(Math.max(...rows.map(({length}) => length)), layout);
  const height = rowTop(rows.length, layout);
  const tiles: OverlayOptions[] = rows.flatMap((row, y) =>
    row.map((pixels, x) => ({
      input: Buffer.from(pixels),
      raw: {width: size, height: size, channels: 3 as const},
      left: columnLeft(x, layout),
      top: imageTop(y, layout),
    })),
  );
  const texts =
    labels === undefined
      ? []
      : [{input: renderLabels(labels, layout, width, height), left: 0, top: 0}];
  const sheet = sharp({create: {width, height, channels: 3, background: 'white'}})
    .composite([...tiles, ...texts])
    .removeAlpha();
  if (/\.png$/i.test(name)) return sheet.png().toBuffer();
  return /\.webp$/i.test(name)
    ? sheet.webp({quality: 85}).toBuffer()
    : sheet.jpeg({quality: 88}).toBuffer();
}
