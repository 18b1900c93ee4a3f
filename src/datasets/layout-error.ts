import {join} from 'node:path';
import {DatasetError} from '../core/errors.js';
import {quoted} from '../core/shell-word.js';

/** A way to understand a folder, and the options that say so. */
export interface Reading {
  readonly meaning: string;
  readonly options: string;
}

/** `--data 'my pets/train' --val-data 'my pets/val'` */
export const optionsFor = (root: string, folders: Readonly<Record<string, string>>): string =>
  Object.entries(folders)
    .map(([option, name]) => `--${option} ${quoted(join(root, name).replace(/(?<=.)\/$/, ''))}`)
    .join(' ');

/** `--data pets --classes cats,dogs` */
export const optionsForClasses = (root: string, prefix: string, classNames: readonly string[]): string =>
  `${optionsFor(root, {data: prefix})} --classes ${quoted(classNames.map(name => name.replaceAll(',', '\\,')).join(','))}`;

/** Folders that can be understood in more than one way, or in none: whoever knows them has to say. */
export class LayoutError extends DatasetError {
  override readonly code: string = 'LAYOUT_UNCLEAR';

  constructor(
    readonly path: string,
    /** A sentence about what is there. */
    problem: string,
    readonly readings: readonly Reading[],
    remedy?: string,
  ) {
    const ways = readings.map(({meaning, options}) => `${options} (${meaning})`).join(', or ');
    const choice = readings.length === 0 ? [] : [`Give ${ways}.`];
    super([problem, ...(remedy === undefined ? [] : [remedy]), ...choice].join(' '));
  }
}

/** Images without a folder for each class. */
export class UnlabeledImagesError extends LayoutError {
  override readonly code = 'IMAGES_UNLABELED';
}
