import type {Finding} from '../../core/finding.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {printable} from '../../core/text/printable.js';
import type {RunEventOf} from '../../finetune/events.js';
import {formatClassCounts} from './classes/class-counts.js';
import {formatFindings} from './format-findings.js';
import {describeRecipe} from './format-phases.js';
import {PROGRAM_NAME, shortPath} from './format.js';
import {displayWidth, formatLabeled, LABEL_WIDTH, truncateMiddle} from './screen/layout.js';
import type {Terminal} from './screen/terminal.js';

export interface RunHeaderOptions {
  readonly verbose?: boolean;
  /** Path to show instead of the folder: an image list that the user named. */
  readonly data?: string;
}

/** Prints what a run starts from: images, weights, split, findings and recipe. */
export class RunHeader {
  readonly #verbose: boolean;
  readonly #data: string | undefined;
  readonly #findings: Finding[] = [];
  #recipe: RunEventOf<'recipe'> | undefined;

  constructor(
    readonly terminal: Terminal,
    {verbose = false, data}: RunHeaderOptions = {},
  ) {
    this.#verbose = verbose;
    this.#data = data;
  }

  /** Keeps a finding until the split is known. */
  addFinding(finding: Finding): void {
    this.#findings.push(finding);
  }

  /** Keeps the recipe until the split is known. */
  setRecipe(event: RunEventOf<'recipe'>): void {
    this.#recipe = event;
  }

  logDataset({root, images, classes}: RunEventOf<'dataset'>): void {
    const counts = `${formatCount(images, 'image')} in ${formatCount(classes, 'class', 'classes')}`;
    this.#logPath('dataset', this.#data ?? shortPath(root), `: ${counts}`);
  }

  logWeights({name, path}: RunEventOf<'weights'>): void {
    if (path === null)
      return this.#logLine('weights', 'none: the backbone starts from random numbers');
    this.#logPath('weights', shortPath(path), '', name === path ? '' : `${printable(name)}, from `);
  }

  logSplit(event: RunEventOf<'split'>): void {
    const {train, validation, test} = event;
    const counts = [
      `${formatInteger(train)} to train`,
      `${formatInteger(validation)} to validate`,
      ...(test > 0 ? [`${formatInteger(test)} to test`] : []),
    ];
    this.#logLine('split', counts.join(', '));
    if (this.terminal.stderr.isTTY === true) this.#logClasses(event);
    this.logFindings();
    if (this.#recipe !== undefined) this.#logRecipe(this.#recipe);
  }

  /** Logs the findings that are still kept. */
  logFindings(): void {
    for (const line of formatFindings(
      this.#findings.splice(0),
      this.terminal.style,
      this.terminal.columns,
      this.#verbose,
    )) {
      this.terminal.log(line);
    }
  }

  /** Readers of a log file find the table in `finetune check`. */
  #logClasses({perClass, test}: RunEventOf<'split'>): void {
    const splits = ['train', 'validation', ...(test > 0 ? ['test'] : [])] as const;
    const {style, columns} = this.terminal;
    const lines = formatClassCounts(
      {
        splits,
        classes: perClass.map(({name, ...counts}) => ({
          name,
          counts: splits.map(split => counts[split as keyof typeof counts]),
        })),
      },
      {
        style,
        columns: columns - LABEL_WIDTH,
        elsewhere: `${PROGRAM_NAME} check DIR --verbose`,
      },
    );
    this.#logLine('classes', lines.join('\n'));
  }

  #logRecipe({recipe, reasons}: RunEventOf<'recipe'>): void {
    this.#logLine('recipe', describeRecipe(recipe));
    for (const reason of reasons) this.#logLine('', reason);
  }

  #logLine(label: string, text: string): void {
    this.terminal.log(formatLabeled(this.terminal.style.dim, label, text, this.terminal.columns));
  }

  /** Logs a path and a text in one line. The middle of the path is cut if the line is too narrow. */
  #logPath(label: string, path: string, rest: string, before = ''): void {
    const width = this.terminal.columns - LABEL_WIDTH - displayWidth(before + rest);
    this.#logLine(label, before + truncateMiddle(printable(path), Math.max(20, width)) + rest);
  }
}
