import {formatInteger} from '../../core/text/format-integer.js';
import {extname} from 'node:path';
import type {Finding} from '../../core/finding.js';
import {getExtensions} from '../images/image-format.js';
import type {Sample} from '../sample.js';
import type {Picture} from './inspected-file.js';
import {MAX_ASPECT_RATIO} from '../images/crop.js';

/** Side of the images that most weights were trained on, in pixels; and one below which little is left to see. */
const [USUAL_SIDE, TINY_SIDE] = [224, 64];

/**
 * Looks (look.ts) of images that show next to nothing. Of 767 photographs (pets37, hymenoptera) none is beyond them, the nearest at a
 * contrast of 9.8, a brightness of 39 and 240, and a sharpness of 0.107; blurred so that details of 12 pixels of 256 are gone, nearly all
 * are below 0.08.
 */
const [LEAST_CONTRAST, DARKEST, BRIGHTEST, LEAST_SHARPNESS] = [4, 10, 245, 0.06];

/** A smaller image has no details that its look could miss. */
const LEAST_SIDE_TO_BE_SHARP = 128;

/** An image with its sample. */
export interface Looked {
  readonly sample: Sample;
  readonly picture: Picture;
}

const shortSide = ({size}: Picture): number => Math.min(size.width, size.height);
const aspect = (picture: Picture): number =>
  Math.max(picture.size.width, picture.size.height) / shortSide(picture);
const isBlank = ({contrast}: Picture): boolean => contrast < LEAST_CONTRAST;

function hasOtherName({sample, picture}: Looked): boolean {
  const extension = extname(sample.name).toLowerCase();
  return extension !== '' && !getExtensions(picture.format).includes(extension);
}

interface Kind {
  readonly code: string;
  readonly severity: Finding['severity'];
  /** What the images are, after their number, and what becomes of them. */
  readonly is: readonly [one: string, many: string];
  readonly then: string;
  /** Whether they had better be left out. */
  readonly exclude?: boolean;
  readonly example?: (looked: Looked) => string;
}

interface Rule extends Kind {
  readonly applies: (looked: Looked) => boolean;
}

const BLURRED: Kind = {
  code: 'very-blurred',
  severity: 'warning',
  is: ['has far less sharp details than the others', 'have far less sharp details than the others'],
  then: 'See whether the subject can be recognized.',
};

const sides = ({sample, picture: {size}}: Looked): string =>
  `${sample.name} (${size.width} x ${size.height})`;

const RULES: readonly Rule[] = [
  {
    code: 'one-colour',
    severity: 'warning',
    applies: ({picture}) => isBlank(picture),
    is: ['is of one color, or nearly', 'are of one color, or nearly'],
    then: 'Nothing can be learned from that: leave it out.',
    exclude: true,
  },
  {
    code: 'very-dark',
    severity: 'warning',
    applies: ({picture}) => picture.brightness < DARKEST && !isBlank(picture),
    is: ['is nearly black', 'are nearly black'],
    then: 'See whether the subject can be recognized.',
  },
  {
    code: 'very-bright',
    severity: 'warning',
    applies: ({picture}) => picture.brightness > BRIGHTEST && !isBlank(picture),
    is: ['is nearly white', 'are nearly white'],
    then: 'See whether the subject can be recognized.',
  },
  {
    code: 'tiny-image',
    severity: 'warning',
    applies: ({picture}) => shortSide(picture) < TINY_SIDE,
    is: [`is smaller than ${TINY_SIDE} pixels`, `are smaller than ${TINY_SIDE} pixels`],
    then: 'Enlarged to the size that the network sees; a smaller --image-size trains faster.',
    example: sides,
  },
  {
    code: 'small-image',
    severity: 'note',
    applies: ({picture}) => shortSide(picture) >= TINY_SIDE && shortSide(picture) < USUAL_SIDE,
    is: [
      `is smaller than the ${USUAL_SIDE} pixels that most weights expect`,
      `are smaller than the ${USUAL_SIDE} pixels that most weights expect`,
    ],
    then: 'Enlarged.',
    example: sides,
  },
  {
    code: 'long-image',
    severity: 'warning',
    applies: ({picture}) => aspect(picture) > MAX_ASPECT_RATIO,
    is: [
      `is more than ${MAX_ASPECT_RATIO} times as long as wide`,
      `are more than ${MAX_ASPECT_RATIO} times as long as wide`,
    ],
    then: 'Only the middle is used: cut to what is to be seen.',
    example: sides,
  },
  {
    code: 'wrong-extension',
    severity: 'note',
    applies: hasOtherName,
    is: ['has the extension of another format', 'have the extension of another format'],
    then: 'Read by content, not by name.',
    example: ({sample, picture}) => `${sample.name} (${picture.format})`,
  },
  {
    code: 'animated',
    severity: 'note',
    applies: ({picture}) => picture.frames > 1,
    is: ['has several frames', 'have several frames'],
    then: 'Only the first counts.',
  },
  {
    code: 'turned',
    severity: 'note',
    applies: ({picture}) => picture.hasOrientation,
    is: [
      'is turned upright by its orientation flag',
      'are turned upright by their orientation flags',
    ],
    then: 'Programs that ignore the flag show them otherwise.',
  },
  {
    code: 'cmyk',
    severity: 'note',
    applies: ({picture}) => picture.isCmyk,
    is: ['is in the colors of a printer (CMYK)', 'are in the colors of a printer (CMYK)'],
    then: 'Brought to RGB.',
  },
  {
    code: 'color-profile',
    severity: 'note',
    applies: ({picture}) => picture.hasNonSrgbProfile && !picture.isCmyk,
    is: ['has a color profile that is not sRGB', 'have a color profile that is not sRGB'],
    then: 'Converted to sRGB, as browsers do.',
  },
  {
    code: 'deep-colours',
    severity: 'note',
    applies: ({picture}) => picture.depth > 8,
    is: ['has more than 8 bits a color', 'have more than 8 bits a color'],
    then: 'Brought to 8.',
  },
  {
    code: 'transparent',
    severity: 'note',
    applies: ({picture}) => picture.hasAlpha,
    is: ['has a channel for transparency', 'have a channel for transparency'],
    then: 'Laid over white.',
  },
];

function findingOf(
  {code, severity, is, then, exclude = false, example}: Kind,
  found: readonly Looked[],
): Finding {
  const names = found.map(({sample}) => sample.name);
  const [first] = found;
  const shown = example?.(first!) ?? names[0]!;
  const which =
    found.length === 1
      ? `${shown} ${is[0]}`
      : `${formatInteger(found.length)} images ${is[1]}, such as ${shown}`;
  return {
    code,
    severity,
    message: `${which}. ${then}`,
    files: names,
    ...(exclude && {exclude: names}),
  };
}

/** Images without color, where most have some: they may come from elsewhere than the others. */
function colourless(looked: readonly Looked[]): Finding[] {
  const names = looked
    .filter(({picture}) => !picture.hasColour && !isBlank(picture))
    .map(({sample}) => sample.name);
  if (names.length === 0 || names.length > looked.length / 2) return [];
  const which =
    names.length === 1
      ? `${names[0]} has`
      : `${formatInteger(names.length)} images, such as ${names[0]}, have`;
  return [
    {
      code: 'no-colour',
      severity: 'note',
      message: `${which} no color, the others do.`,
      files: names,
    },
  ];
}

/** Images without sharp details, as the others have them. */
function blurred(looked: readonly Looked[]): Finding[] {
  const seen = looked.filter(
    ({picture}) => shortSide(picture) >= LEAST_SIDE_TO_BE_SHARP && !isBlank(picture),
  );
  const usual =
    seen.map(({picture}) => picture.sharpness).sort((a, b) => a - b)[seen.length >> 1] ?? 0;
  const least = Math.min(LEAST_SHARPNESS, usual / 3);
  const found = seen.filter(({picture}) => picture.sharpness < least);
  return found.length === 0 ? [] : [findingOf(BLURRED, found)];
}

/** What a person should know of the images themselves, one finding for each kind. */
export function lookFindings(looked: readonly Looked[]): Finding[] {
  const findings = RULES.flatMap(rule => {
    const found = looked.filter(rule.applies);
    return found.length === 0 ? [] : [findingOf(rule, found)];
  });
  return [...findings, ...blurred(looked), ...colourless(looked)];
}
