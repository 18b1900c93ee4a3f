import type {Histogram, ImageDistributions} from '../../datasets/inspection/image-distributions.js';
import {formatInteger} from '../../core/text/format-count.js';
import {html, type Html} from '../html.js';

const [WIDTH, HEIGHT] = [240, 72];

/** Value of a histogram at a fraction of its width. */
const valueAt = ({from, to, isLogarithmic}: Histogram, fraction: number): number =>
  isLogarithmic ? from * (to / from) ** fraction : from + fraction * (to - from);

/** Renders a histogram with its ends and its middle named. */
function chart(title: string, histogram: Histogram, format: (value: number) => string): Html {
  const {counts, from, to} = histogram;
  if (from === to)
    return html`<figure class="histogram">
      <figcaption>${title}</figcaption>
      <p class="quiet">all ${format(from)}</p>
    </figure>`;
  const highest = Math.max(...counts);
  const step = WIDTH / counts.length;
  const bars = counts.map((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, (HEIGHT * count) / highest);
    return html`<rect
      x="${(i * step + 0.5).toFixed(1)}"
      y="${(HEIGHT - height).toFixed(1)}"
      width="${(step - 1).toFixed(1)}"
      height="${height.toFixed(1)}"
    >
      <title>
        ${format(valueAt(histogram, i / counts.length))} to
        ${format(valueAt(histogram, (i + 1) / counts.length))}: ${formatInteger(count)}
      </title>
    </rect>`;
  });
  return html`<figure class="histogram">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${bars}</svg>
    <div class="ends">
      ${[0, 0.5, 1].map(fraction => html`<span>${format(valueAt(histogram, fraction))}</span>`)}
    </div>
  </figure>`;
}

const pixels = (value: number): string => `${Math.round(value)} px`;
const twoDigits = (value: number): string => value.toPrecision(2);
const whole = (value: number): string => String(Math.round(value));

/** Renders what the images are like: size, shape, brightness and sharpness. */
export function distributionsView({
  shortSide,
  aspectRatio,
  brightness,
  sharpness,
}: ImageDistributions): Html {
  return html`<div class="histograms">
    ${shortSide && chart('Short side', shortSide, pixels)}
    ${aspectRatio && chart('Width / height', aspectRatio, twoDigits)}
    ${brightness && chart('Brightness (0 black, 255 white)', brightness, whole)}
    ${sharpness && chart('Sharpness (share of contrast in details)', sharpness, twoDigits)}
  </div>`;
}
