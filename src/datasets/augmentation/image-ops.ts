// Pixel value operations, in place on `[size, size, 3]`, as in PIL's ImageOps and ImageEnhance.

/** Keeps only the highest `bits` bits of each value. */
export function posterize(pixels: Uint8Array, bits: number): void {
  const mask = 256 - 2 ** (8 - bits);
  for (let i = 0; i < pixels.length; i++) pixels[i]! &= mask;
}

/** Inverts values at or above a threshold. */
export function solarize(pixels: Uint8Array, threshold: number): void {
  for (let i = 0; i < pixels.length; i++) if (pixels[i]! >= threshold) pixels[i] = 255 - pixels[i]!;
}

/** Histogram of the values of one channel. */
function histogram(pixels: Uint8Array, channel: number): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = channel; i < pixels.length; i += 3) counts[pixels[i]!]!++;
  return counts;
}

function mapChannel(pixels: Uint8Array, channel: number, table: Uint8Array): void {
  for (let i = channel; i < pixels.length; i += 3) pixels[i] = table[pixels[i]!]!;
}

/** Stretches the values of each channel to the full range 0..255. */
export function autoContrast(pixels: Uint8Array): void {
  for (let channel = 0; channel < 3; channel++) {
    const counts = histogram(pixels, channel);
    const [low, high] = [
      counts.findIndex(count => count > 0),
      counts.findLastIndex(count => count > 0),
    ];
    if (high <= low) continue;
    mapChannel(
      pixels,
      channel,
      Uint8Array.from({length: 256}, (_, value) =>
        Math.max(0, Math.min(255, ((value - low) * 255) / (high - low))),
      ),
    );
  }
}

/** Equalizes the histogram of each channel. */
export function equalize(pixels: Uint8Array): void {
  for (let channel = 0; channel < 3; channel++) {
    const counts = histogram(pixels, channel);
    const last = counts.findLast(count => count > 0)!;
    const step = Math.floor((pixels.length / 3 - last) / 255);
    if (step === 0) continue;
    let sum = step >> 1;
    const table = new Uint8Array(256);
    counts.forEach((count, value) => {
      table[value] = Math.min(255, Math.floor(sum / step));
      sum += count;
    });
    mapChannel(pixels, channel, table);
  }
}

/** Sharpens if the factor is above 1, smooths if it is below 1. The outermost pixels do not change. */
export function sharpen(pixels: Uint8Array, size: number, factor: number): void {
  const source = pixels.slice();
  const row = size * 3;
  for (let y = 1; y < size - 1; y++) {
    for (let at = y * row + 3; at < (y + 1) * row - 3; at++) {
      let sum = 4 * source[at]!;
      for (const line of [at - row, at, at + row])
        sum += source[line - 3]! + source[line]! + source[line + 3]!;
      const smooth = Math.round(sum / 13);
      pixels[at] = Math.max(0, Math.min(255, smooth + factor * (source[at]! - smooth)));
    }
  }
}
