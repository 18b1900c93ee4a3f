import {computeFillColor, type Preprocessing} from '../core/preprocessing.js';

/** Describes how an image becomes a square, as steps of a list from the second on. */
export function describeResizing(preprocessing: Preprocessing): string {
  const {resizeSize, cropSize, fit = 'crop'} = preprocessing;
  const square = `${cropSize} x ${cropSize} pixels`;
  const steps = {
    crop: `2. Resize so that the short side is ${resizeSize} pixels, bilinear with antialiasing.\n3. Cut out the middle square of ${square}.`,
    squash: `2. Resize to ${square}, whatever the proportions are, bilinear with antialiasing.`,
    pad:
      `2. Resize so that the long side is ${cropSize} pixels, bilinear with antialiasing.\n` +
      `3. Put it into the middle of a square of ${square} in the color rgb(${computeFillColor(preprocessing).join(', ')}).`,
  };
  return steps[fit];
}

/**
 * The same as JavaScript code with a leading comment. It draws a loaded `image` on the `context` of a canvas; transparency is composited on
 * white.
 */
export function canvasSnippet(preprocessing: Preprocessing): string {
  const {resizeSize, cropSize, fit = 'crop'} = preprocessing;
  const filled = (color: string, place: string): string[] => [
    `context.fillStyle = '${color}';`,
    `context.fillRect(${place});`,
  ];
  const whole = `0, 0, ${cropSize}, ${cropSize}`;
  const lines = {
    crop: [
      'The middle square of the resized image, in one step.',
      `const side = (Math.min(image.width, image.height) * ${cropSize}) / ${resizeSize};`,
      'const [left, top] = [(image.width - side) / 2, (image.height - side) / 2];',
      ...filled('white', whole),
      `context.drawImage(image, left, top, side, side, ${whole});`,
    ],
    squash: [
      'The whole image, with both sides scaled to fit.',
      ...filled('white', whole),
      `context.drawImage(image, ${whole});`,
    ],
    pad: [
      'All of the image, in the middle of a colored square.',
      `const scale = ${cropSize} / Math.max(image.width, image.height);`,
      'const [width, height] = [image.width, image.height].map(side => Math.max(1, Math.round(side * scale)));',
      `const [left, top] = [(${cropSize} - width) >> 1, (${cropSize} - height) >> 1];`,
      ...filled(`rgb(${computeFillColor(preprocessing).join(', ')})`, whole),
      ...filled('white', 'left, top, width, height'),
      'context.drawImage(image, left, top, width, height);',
    ],
  };
  return lines[fit].join('\n  ');
}
