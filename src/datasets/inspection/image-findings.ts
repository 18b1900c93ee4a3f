import {formatInteger} from '../../core/text/format-count.js';
import {extname} from 'node:path';
import type {Finding} from '../../core/finding.js';
import {getExtensions} from '../images/image-format.js';
import type {Sample} from '../sample.js';
import type {ImageInfo} from './image-stats.js';
import {MAX_ASPECT_RATIO} from '../images/crop.js';

/** Sides in pixels: of the images that most weights were trained on, and one below which little can be recognized. */
const [LOW_RESOLUTION_SIDE, VERY_LOW_RESOLUTION_SIDE] = [224, 64];

/**
 * Limits of the statistics (image-stats.ts) for images that show next to nothing. Of 767 images (pets37, hymenoptera), none exceeds them;
 * the nearest have a contrast of 9.8, a brightness of 39 and 240, and a sharpness of 0.107. Blurred so that details of 12 pixels of 256 are
 * gone, nearly all are below 0.08.
 */
const [MIN_CONTRAST, MIN_BRIGHTNESS, MAX_BRIGHTNESS, MIN_SHARPNESS] = [4, 10, 245, 0.06];

/** Minimum side for measuring sharpness. Smaller images have no details finer than the grid. */
const MIN_SHARPNESS_SIDE = 128;

/** A sample with the header and statistics of its image. */
export interface InspectedImage {
  readonly sample: Sample;
  readonly image: ImageInfo;
}

const shortSide = ({size}: ImageInfo): number => Math.min(size.width, size.height);
const aspect = (image: ImageInfo): number =>
  Math.max(image.size.width, image.size.height) / shortSide(image);
const isBlank = ({contrast}: ImageInfo): boolean => contrast < MIN_CONTRAST;

function hasWrongExtension({sample, image}: InspectedImage): boolean {
  const extension = extname(sample.name).toLowerCase();
  return extension !== '' && !getExtensions(image.format).includes(extension);
}

interface Kind {
  readonly code: string;
  readonly severity: Finding['severity'];
  /** The problem, as text after the number of images, and what happens to them or should. */
  readonly description: readonly [one: string, many: string];
  readonly advice: string;
  /** Whether excluding them is recommended. */
  readonly exclude?: boolean;
  readonly example?: (inspected: InspectedImage) => string;
}

interface Rule extends Kind {
  readonly applies: (inspected: InspectedImage) => boolean;
}

const BLURRY: Kind = {
  code: 'blurry',
  severity: 'warning',
  description: ['is much blurrier than the rest', 'are much blurrier than the rest'],
  advice: 'Check whether the subject can be recognized.',
};

const nameWithSize = ({sample, image: {size}}: InspectedImage): string =>
  `${sample.name} (${size.width} x ${size.height})`;

const RULES: readonly Rule[] = [
  {
    code: 'low-information',
    severity: 'warning',
    applies: ({image}) => isBlank(image),
    description: ['is of one color, or nearly', 'are of one color, or nearly'],
    advice: 'Nothing can be learned from that: exclude it.',
    exclude: true,
  },
  {
    code: 'dark',
    severity: 'warning',
    applies: ({image}) => image.brightness < MIN_BRIGHTNESS && !isBlank(image),
    description: ['is nearly black', 'are nearly black'],
    advice: 'Check whether the subject can be recognized.',
  },
  {
    code: 'light',
    severity: 'warning',
    applies: ({image}) => image.brightness > MAX_BRIGHTNESS && !isBlank(image),
    description: ['is nearly white', 'are nearly white'],
    advice: 'Check whether the subject can be recognized.',
  },
  {
    code: 'very-low-resolution',
    severity: 'warning',
    applies: ({image}) => shortSide(image) < VERY_LOW_RESOLUTION_SIDE,
    description: [
      `is smaller than ${VERY_LOW_RESOLUTION_SIDE} pixels`,
      `are smaller than ${VERY_LOW_RESOLUTION_SIDE} pixels`,
    ],
    advice: 'Enlarged to the size that the network sees; a smaller --image-size trains faster.',
    example: nameWithSize,
  },
  {
    code: 'low-resolution',
    severity: 'note',
    applies: ({image}) =>
      shortSide(image) >= VERY_LOW_RESOLUTION_SIDE && shortSide(image) < LOW_RESOLUTION_SIDE,
    description: [
      `is smaller than the ${LOW_RESOLUTION_SIDE} pixels that most weights expect`,
      `are smaller than the ${LOW_RESOLUTION_SIDE} pixels that most weights expect`,
    ],
    advice: 'Enlarged.',
    example: nameWithSize,
  },
  {
    code: 'odd-aspect-ratio',
    severity: 'warning',
    applies: ({image}) => aspect(image) > MAX_ASPECT_RATIO,
    description: [
      `is more than ${MAX_ASPECT_RATIO} times as long as wide`,
      `are more than ${MAX_ASPECT_RATIO} times as long as wide`,
    ],
    advice: 'Only the middle is used: crop to the subject.',
    example: nameWithSize,
  },
  {
    code: 'wrong-extension',
    severity: 'note',
    applies: hasWrongExtension,
    description: ['has the extension of another format', 'have the extension of another format'],
    advice: 'Read by content, not by name.',
    example: ({sample, image}) => `${sample.name} (${image.format})`,
  },
  {
    code: 'animated',
    severity: 'note',
    applies: ({image}) => image.frames > 1,
    description: ['has several frames', 'have several frames'],
    advice: 'Only the first counts.',
  },
  {
    code: 'exif-orientation',
    severity: 'note',
    applies: ({image}) => image.hasOrientation,
    description: ['is rotated per EXIF orientation', 'are rotated per EXIF orientation'],
    advice: 'Programs that ignore the flag show them unrotated.',
  },
  {
    code: 'cmyk',
    severity: 'note',
    applies: ({image}) => image.isCmyk,
    description: ['is CMYK', 'are CMYK'],
    advice: 'Converted to sRGB.',
  },
  {
    code: 'color-profile',
    severity: 'note',
    applies: ({image}) => image.hasNonSrgbProfile && !image.isCmyk,
    description: ['has a color profile that is not sRGB', 'have a color profile that is not sRGB'],
    advice: 'Converted to sRGB, as browsers do.',
  },
  {
    code: 'high-bit-depth',
    severity: 'note',
    applies: ({image}) => image.depth > 8,
    description: ['has more than 8 bits a color', 'have more than 8 bits a color'],
    advice: 'Converted to 8 bits.',
  },
  {
    code: 'alpha-channel',
    severity: 'note',
    applies: ({image}) => image.hasAlpha,
    description: ['has an alpha channel', 'have an alpha channel'],
    advice: 'Composited on white.',
  },
];

function createFinding(
  {code, severity, description, advice, exclude = false, example}: Kind,
  found: readonly InspectedImage[],
): Finding {
  const names = found.map(({sample}) => sample.name);
  const [first] = found;
  const shown = example?.(first!) ?? names[0]!;
  const which =
    found.length === 1
      ? `${shown} ${description[0]}`
      : `${formatInteger(found.length)} images ${description[1]}, such as ${shown}`;
  return {
    code,
    severity,
    message: `${which}. ${advice}`,
    files: names,
    ...(exclude && {exclude: names}),
  };
}

/** A finding about grayscale images among color images: they may come from another source. */
function grayscaleFindings(inspected: readonly InspectedImage[]): Finding[] {
  const names = inspected
    .filter(({image}) => !image.hasColor && !isBlank(image))
    .map(({sample}) => sample.name);
  if (names.length === 0 || names.length > inspected.length / 2) return [];
  const which =
    names.length === 1
      ? `${names[0]} has`
      : `${formatInteger(names.length)} images, such as ${names[0]}, have`;
  return [
    {
      code: 'grayscale',
      severity: 'note',
      message: `${which} no color, unlike the others.`,
      files: names,
    },
  ];
}

/** A finding about images that are much blurrier than the others. */
function blurryFindings(inspected: readonly InspectedImage[]): Finding[] {
  const measurable = inspected.filter(
    ({image}) => shortSide(image) >= MIN_SHARPNESS_SIDE && !isBlank(image),
  );
  const median =
    measurable.map(({image}) => image.sharpness).sort((a, b) => a - b)[measurable.length >> 1] ?? 0;
  const limit = Math.min(MIN_SHARPNESS, median / 3);
  const found = measurable.filter(({image}) => image.sharpness < limit);
  return found.length === 0 ? [] : [createFinding(BLURRY, found)];
}

/** Findings about the images themselves, one per kind. */
export function imageFindings(inspected: readonly InspectedImage[]): Finding[] {
  const findings = RULES.flatMap(rule => {
    const found = inspected.filter(rule.applies);
    return found.length === 0 ? [] : [createFinding(rule, found)];
  });
  return [...findings, ...blurryFindings(inspected), ...grayscaleFindings(inspected)];
}
