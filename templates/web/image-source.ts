import type {CanvasPixels} from './inference/shrink.js';

/** What can be drawn on a canvas, with its size. */
export interface Drawable {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Largest canvas that every browser has, in pixels: that of iOS. */
const MAX_PIXELS = 2 ** 24;

/** Decodes an image file. The orientation stored in it is applied. @throws Error */
export async function decodeImageFile(file: Blob): Promise<Drawable & {close(): void}> {
  const source = await createImageBitmap(file, {imageOrientation: 'from-image'});
  return {source, width: source.width, height: source.height, close: () => source.close()};
}

const [CANVAS, CONTEXT] = (() => {
  const canvas = document.createElement('canvas');
  return [canvas, canvas.getContext('2d', {willReadFrequently: true})!] as const;
})();

/** Reads the pixels of an image, put on white. Only what no canvas can hold is scaled here, in the way of the browser. */
export function readCanvas({source, width, height}: Drawable): CanvasPixels {
  const scale = Math.min(1, Math.sqrt(MAX_PIXELS / (width * height)));
  const [across, down] = [width, height].map(side => Math.max(1, Math.floor(side * scale))) as [
    number,
    number,
  ];
  CANVAS.width = across;
  CANVAS.height = down;
  CONTEXT.fillStyle = 'white';
  CONTEXT.fillRect(0, 0, across, down);
  CONTEXT.imageSmoothingQuality = 'high';
  CONTEXT.drawImage(source, 0, 0, across, down);
  return CONTEXT.getImageData(0, 0, across, down);
}
