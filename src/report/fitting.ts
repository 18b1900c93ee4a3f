import {computeFillColor, type Preprocessing} from '../core/preprocessing.js';

/** How a picture becomes a square, as the second step of a list and those after it. */
export function describeResizing(preprocessing: Preprocessing): string {
  const {resizeSize, cropSize, fit = 'crop'} = preprocessing;
  const square = `${cropSize} x ${cropSize} pixels`;
  const steps = {
    crop: `2. Resize so that the short side is ${resizeSize} pixels, bilinear with antialiasing.\n3. Cut out the middle square of ${square}.`,
    squash: `2. Resize to ${square}, whatever the proportions are, bilinear with antialiasing.`,
    pad:
      `2. Resize so that the long side is ${cropSize} pixels, bilinear with antialiasing.\n` +
      `3. Put it into the middle of a square of ${square} in the colour rgb(${computeFillColor(preprocessing).join(', ')}).`,
  };
  return steps[fit];
}

/** The same in JavaScript, begun by a comment, on the `context` of a canvas, from a loaded `picture`; what is transparent is laid over white. */
export function canvasSnippet(preprocessing: Preprocessing): string {
  const {resizeSize, cropSize, fit = 'crop'} = preprocessing;
  const filled = (color: string, place: string): string[] => [`context.fillStyle = '${color}';`, `context.fillRect(${place});`];
  const whole = `0, 0, ${cropSize}, ${cropSize}`;
  const lines = {
    crop: [
      'The middle square of the resized picture, in one step.',
      `const side = (Math.min(picture.width, picture.height) * ${cropSize}) / ${resizeSize};`,
      'const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];',
      ...filled('white', whole),
      `context.drawImage(picture, left, top, side, side, ${whole});`,
    ],
    squash: ['All of the picture, its sides squeezed alike.', ...filled('white', whole), `context.drawImage(picture, ${whole});`],
    pad: [
      'All of the picture, in the middle of a coloured square.',
      `const scale = ${cropSize} / Math.max(picture.width, picture.height);`,
      'const [width, height] = [picture.width, picture.height].map(side => Math.max(1, Math.round(side * scale)));',
      `const [left, top] = [(${cropSize} - width) >> 1, (${cropSize} - height) >> 1];`,
      ...filled(`rgb(${computeFillColor(preprocessing).join(', ')})`, whole),
      ...filled('white', 'left, top, width, height'),
      'context.drawImage(picture, left, top, width, height);',
    ],
  };
  return lines[fit].join('\n  ');
}
