import sharp from 'sharp';
import type {Sharp} from 'sharp';
import {isSrgb} from '../formats/icc.js';
import {embedGammaProfile} from '../formats/png-color.js';
import {encodeTiffWithProfile} from '../formats/profiled-tiff.js';
import type {Raster} from '../formats/raster.js';
import {convertTiff, needsConversion} from '../formats/tiff.js';
import {readTiffTags} from '../formats/tiff-tags.js';
import {getDecoder} from './image-format.js';
import {RASTER_DECODERS, SHARP_OPTIONS, type ImageHeader} from './image-header.js';
import type {CropBox} from './resample.js';

// Single images are small: threads are better used for several images. No image is opened twice, so libvips needs no cache.
sharp.concurrency(1);
sharp.cache(false);

/** Opens an image in libvips: the file itself, or the pixels from a decoder of this package. */
async function openImage(
  bytes: Uint8Array,
  {format, isCmyk, hasNonSrgbProfile: hasProfile}: ImageHeader,
): Promise<Sharp> {
  const decoder = getDecoder(format)!;
  if (decoder !== 'libvips') return fromRaster(await RASTER_DECODERS[decoder].decode(bytes));
  const tags = format === 'TIFF' ? readTiffTags(bytes) : undefined;
  if (tags !== undefined && needsConversion(tags))
    return fromRaster(await convertTiff(bytes, tags, SHARP_OPTIONS));
  const file = format === 'PNG' ? embedGammaProfile(bytes) : bytes;
  // Colors are converted to sRGB, as in browsers. That is slow, so sRGB profiles are ignored. CMYK always needs a conversion.
  return sharp(file, {
    ...SHARP_OPTIONS,
    ignoreIcc: !isCmyk && !hasProfile && file === bytes,
  }).autoOrient();
}

function fromRaster(raster: Raster): Sharp {
  const {data, width, height, channels, profile} = raster;
  if (profile === undefined || isSrgb(profile))
    return sharp(data, {raw: {width, height, channels}});
  return sharp(encodeTiffWithProfile(raster, profile), SHARP_OPTIONS);
}

/** The used region of an image as upright 8-bit sRGB, composited on white. */
export async function prepareImage(
  bytes: Uint8Array,
  header: ImageHeader,
  cropBox: CropBox,
): Promise<Sharp> {
  const {size, isSimpleJpeg: isPlain} = header;
  const image = (await openImage(bytes, header))
    .flatten({background: 'white'})
    .toColourspace('srgb');
  const isFullImage = cropBox.width === size.width && cropBox.height === size.height;
  return isPlain && isFullImage ? image : image.extract(cropBox);
}
