import sharp, {type Sharp} from 'sharp';
import type {DecodedImage} from '../src/datasets/images/resample.js';

/** A part of an image's sides, 0..1. */
type CropRegion = readonly [left: number, top: number, right: number, bottom: number];

const toSharp = ({data, width, height}: DecodedImage): Sharp =>
  sharp(data, {raw: {width, height, channels: 3}});

const crop =
  ([left, top, right, bottom]: CropRegion) =>
  (image: DecodedImage): Sharp => {
    const [x, y] = [Math.round(left * image.width), Math.round(top * image.height)];
    const [width, height] = [
      Math.round(right * image.width) - x,
      Math.round(bottom * image.height) - y,
    ];
    return toSharp(image).extract({left: x, top: y, width, height}).jpeg({quality: 85});
  };

const resize = (image: DecodedImage, scaleX: number, scaleY = scaleX): Sharp => {
  const [width, height] = [scaleX * image.width, scaleY * image.height].map(side =>
    Math.max(1, Math.round(side)),
  );
  return toSharp(image).resize({width: width!, height: height!, fit: 'fill'}).jpeg({quality: 85});
};

function addBorder(image: DecodedImage, fraction: number, background: string): Sharp {
  const borderWidth = Math.round(fraction * Math.min(image.width, image.height));
  return toSharp(image)
    .extend({
      top: borderWidth,
      bottom: borderWidth,
      left: borderWidth,
      right: borderWidth,
      background,
    })
    .jpeg({quality: 85});
}

/** White bars over a corner, about as much as a name or a date takes. */
function addWatermark(image: DecodedImage): Sharp {
  const [width, height] = [
    Math.max(1, Math.round(image.width / 3)),
    Math.max(1, Math.round(image.height / 14)),
  ];
  const watermark = {create: {width, height, channels: 3, background: 'white'}} as const;
  return toSharp(image)
    .composite([{input: watermark, gravity: 'southeast'}])
    .jpeg({quality: 85});
}

/** How images are altered when they are passed on. */
export const ALTERATIONS: Readonly<Record<string, (image: DecodedImage) => Sharp>> = {
  'JPEG, quality 30': image => toSharp(image).jpeg({quality: 30}),
  'JPEG, quality 60': image => toSharp(image).jpeg({quality: 60}),
  'JPEG, quality 95': image => toSharp(image).jpeg({quality: 95}),
  'WebP, quality 50': image => toSharp(image).webp({quality: 50}),
  PNG: image => toSharp(image).png(),
  'scaled by 0.5': image => resize(image, 0.5),
  'scaled by 0.25': image => resize(image, 0.25),
  'scaled by 2': image => resize(image, 2),
  'width scaled by 0.75': image => resize(image, 0.75, 1),
  'brightness 1.2': image => toSharp(image).modulate({brightness: 1.2}).jpeg(),
  'brightness 0.8': image => toSharp(image).modulate({brightness: 0.8}).jpeg(),
  'contrast 0.8': image => toSharp(image).linear(0.8, 25).jpeg(),
  'contrast 1.2': image => toSharp(image).linear(1.2, -25).jpeg(),
  grayscale: image => toSharp(image).grayscale().jpeg(),
  mirrored: image => toSharp(image).flop().jpeg(),
  'border 3 %, white': image => addBorder(image, 0.03, 'white'),
  'border 5 %, black': image => addBorder(image, 0.05, 'black'),
  'watermark in a corner': addWatermark,
  'crop 5 %, center': crop([0.025, 0.025, 0.975, 0.975]),
  'crop 10 %, center': crop([0.05, 0.05, 0.95, 0.95]),
  'crop 10 %, corner': crop([0, 0, 0.9, 0.9]),
  'crop 15 %, one side': crop([0.15, 0, 1, 1]),
  'crop 20 %, center': crop([0.1, 0.1, 0.9, 0.9]),
  'crop 20 %, corner': crop([0.2, 0, 1, 0.8]),
  'crop 25 %, center': crop([0.125, 0.125, 0.875, 0.875]),
  'crop 25 %, corner': crop([0, 0.25, 0.75, 1]),
};
