import sharp, {type Sharp} from 'sharp';
import type {DecodedImage} from '../src/datasets/resample.js';

/** A part of a picture's sides, 0..1. */
type Part = readonly [left: number, top: number, right: number, bottom: number];

const opened = ({data, width, height}: DecodedImage): Sharp => sharp(data, {raw: {width, height, channels: 3}});

const cut =
  ([left, top, right, bottom]: Part) =>
  (picture: DecodedImage): Sharp => {
    const [x, y] = [Math.round(left * picture.width), Math.round(top * picture.height)];
    const [width, height] = [Math.round(right * picture.width) - x, Math.round(bottom * picture.height) - y];
    return opened(picture).extract({left: x, top: y, width, height}).jpeg({quality: 85});
  };

const scaled = (picture: DecodedImage, across: number, down = across): Sharp => {
  const [width, height] = [across * picture.width, down * picture.height].map(side => Math.max(1, Math.round(side)));
  return opened(picture).resize({width: width!, height: height!, fit: 'fill'}).jpeg({quality: 85});
};

function bordered(picture: DecodedImage, share: number, background: string): Sharp {
  const edge = Math.round(share * Math.min(picture.width, picture.height));
  return opened(picture).extend({top: edge, bottom: edge, left: edge, right: edge, background}).jpeg({quality: 85});
}

/** White bars over a corner, about as much as a name or a date takes. */
function marked(picture: DecodedImage): Sharp {
  const [width, height] = [Math.max(1, Math.round(picture.width / 3)), Math.max(1, Math.round(picture.height / 14))];
  const mark = {create: {width, height, channels: 3, background: 'white'}} as const;
  return opened(picture)
    .composite([{input: mark, gravity: 'southeast'}])
    .jpeg({quality: 85});
}

/** What becomes of photographs that are passed on. */
export const ALTERATIONS: Readonly<Record<string, (picture: DecodedImage) => Sharp>> = {
  'JPEG, quality 30': picture => opened(picture).jpeg({quality: 30}),
  'JPEG, quality 60': picture => opened(picture).jpeg({quality: 60}),
  'JPEG, quality 95': picture => opened(picture).jpeg({quality: 95}),
  'WebP, quality 50': picture => opened(picture).webp({quality: 50}),
  PNG: picture => opened(picture).png(),
  'half the size': picture => scaled(picture, 0.5),
  'a quarter of the size': picture => scaled(picture, 0.25),
  'twice the size': picture => scaled(picture, 2),
  'squeezed by a quarter': picture => scaled(picture, 0.75, 1),
  'brighter by a fifth': picture => opened(picture).modulate({brightness: 1.2}).jpeg(),
  'darker by a fifth': picture => opened(picture).modulate({brightness: 0.8}).jpeg(),
  'contrast 0.8': picture => opened(picture).linear(0.8, 25).jpeg(),
  'contrast 1.2': picture => opened(picture).linear(1.2, -25).jpeg(),
  'without colours': picture => opened(picture).grayscale().jpeg(),
  mirrored: picture => opened(picture).flop().jpeg(),
  'border of 3 %, white': picture => bordered(picture, 0.03, 'white'),
  'border of 5 %, black': picture => bordered(picture, 0.05, 'black'),
  'marked in a corner': marked,
  'cut by 5 %, centre': cut([0.025, 0.025, 0.975, 0.975]),
  'cut by 10 %, centre': cut([0.05, 0.05, 0.95, 0.95]),
  'cut by 10 %, a corner': cut([0, 0, 0.9, 0.9]),
  'cut by 15 %, one side': cut([0.15, 0, 1, 1]),
  'cut by 20 %, centre': cut([0.1, 0.1, 0.9, 0.9]),
  'cut by 20 %, a corner': cut([0.2, 0, 1, 0.8]),
  'cut by 25 %, centre': cut([0.125, 0.125, 0.875, 0.875]),
  'cut by 25 %, a corner': cut([0, 0.25, 0.75, 1]),
};
