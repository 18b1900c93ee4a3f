import {join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import {shellQuote} from '../../core/text/printable.js';

/** A way to understand a folder, and the options that say so. */
export interface LayoutInterpretation {
  readonly meaning: string;
  readonly options: string;
}

/** `--data 'my pets/train' --val-data 'my pets/val'` */
export const formatFolderOptions = (
  root: string,
  folders: Readonly<Record<string, string>>,
): string =>
  Object.entries(folders)
    .map(([option, name]) => `--${option} ${shellQuote(join(root, name).replace(/(?<=.)\/$/, ''))}`)
    .join(' ');

/** `--data pets --classes cats,dogs` */
export const formatClassOptions = (
  root: string,
  prefix: string,
  classNames: readonly string[],
): string =>
  `${formatFolderOptions(root, {data: prefix})} --classes ${shellQuote(classNames.map(name => name.replaceAll(',', '\\,')).join(','))}`;

/** Folders that can be read in more than one way, or in none: the user has to say which. */
export class LayoutError extends defineError(
  DatasetError,
  'AMBIGUOUS_LAYOUT' as string,
  (
    {interpretations}: {path: string; interpretations: readonly LayoutInterpretation[]},
    {
      problem,
      remedy,
    }: {
      /** A sentence about what is there. */
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

/** Images without a folder for each class. */
export class UnlabeledImagesError extends LayoutError {
  override readonly code = 'IMAGES_UNLABELED';
}
