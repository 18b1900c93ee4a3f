import {basename, extname} from 'node:path';
import {escapeRawBytes} from '../../../core/files/file-names.js';
import type {ClassifiedImage} from '../../terminal/format-predictions.js';
import {STANDARD_INPUT} from './find-inputs.js';
import {toPortableName} from './place-file.js';

/** Longest name of an image, and of a class, in the name of a file: file systems allow 255 bytes in all. */
const [MAX_IMAGE_BYTES, MAX_CLASS_BYTES] = [120, 80];

/** The beginning of a name, cut between characters. */
function clipName(name: string, maxBytes: number): string {
  const letters = [...toPortableName(name)];
  while (Buffer.byteLength(letters.join('')) > maxBytes) letters.pop();
  return letters.join('');
}

/** Name of the written file, without its extension: `bee.ants-97`, or `dog.unknown-ants-97` for an image of none of the classes. */
export function explanationName({image, isUnknown, predictions: [best]}: ClassifiedImage): string {
  const {className, probability} = best!;
  const name = image === STANDARD_INPUT ? 'standard-input' : basename(image, extname(image));
  const stem = clipName(escapeRawBytes(name), MAX_IMAGE_BYTES);
  const percent = probability < 1 ? Math.min(99, Math.round(100 * probability)) : 100;
  const unknown = isUnknown === true ? 'unknown-' : '';
  return `${stem}.${unknown}${clipName(className, MAX_CLASS_BYTES)}-${percent}`;
}
