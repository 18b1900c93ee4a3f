import {join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import {shellQuote} from '../../core/text/printable.js';

/** A possible interpretation of a folder, and the options that select it. */
export interface LayoutInterpretation {
  readonly meaning: string;
  readonly options: string;
}

/** Formats options for folders: `--data 'my pets/train' --val-data 'my pets/val'`. */
export const formatFolderOptions = (
  root: string,
  folders: Readonly<Record<string, string>>,
): string =>
  Object.entries(folders)
    .map(([option, name]) => `--${option} ${shellQuote(join(root, name).replace(/(?<=.)\/$/, ''))}`)
    .join(' ');

/** Formats options for classes: `--data pets --classes cats,dogs`. */
export const formatClassOptions = (
  root: string,
  prefix: string,
  classNames: readonly string[],
): string =>
  `${formatFolderOptions(root, {data: prefix})} --classes ${shellQuote(classNames.map(name => name.replaceAll(',', '\\,')).join(','))}`;

/** Thrown if the layout of a folder is ambiguous or not recognized: the user must choose. */
export class LayoutError extends defineError(
  DatasetError,
  'AMBIGUOUS_LAYOUT' as string,
  (
    {interpretations}: {path: string; interpretations: readonly LayoutInterpretation[]},
    {
      problem,
      remedy,
    }: {
      /** A sentence about the content of the folder. */
      problem: string;
      remedy?: string | undefined;
    },
  ) => {
    const suggestions = interpretations
      .map(({meaning, options}) => `${options} (${meaning})`)
      .join(', or ');
    const choice = interpretations.length === 0 ? [] : [`Give ${suggestions}.`];
    return [problem, ...(remedy === undefined ? [] : [remedy]), ...choice].join(' ');
  },
) {}

/** Thrown for images without class folders. */
export class UnlabeledImagesError extends LayoutError {
  override readonly code = 'IMAGES_UNLABELED';
}
