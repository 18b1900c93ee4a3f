import {existsSync, readdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/text/printable.js';
import {drawDemoSet} from '../../datasets/demo/demo-set.js';
import {formatCount} from '../../core/text/format-count.js';
import type {CommandHandler} from '../command.js';
import {formatSteps} from '../terminal/format-steps.js';
import {DEMO_RECIPE_PATH, readRecipeFile} from '../options/recipe-file.js';
import {formatLabeled} from '../terminal/screen/layout.js';
import {PROGRAM_NAME, quoted, shortPath} from '../terminal/format.js';
import {trainCommand} from './train.js';

/** Seed of the demo images. They are the same in every demo, whatever the training seed. */
const DATASET_SEED = 1;

/** Rejects a directory that holds files not drawn by a demo, so that no demo draws among them. @throws UsageError (exit 2) */
function assertDemoFolder(directory: string): void {
  const entries = existsSync(directory)
    ? readdirSync(directory, {recursive: true, encoding: 'utf8', withFileTypes: true})
    : [];
  const foreignFile = entries.find(
    entry => entry.isFile() && !entry.name.startsWith(`${basename(entry.parentPath)}-`),
  );
  if (foreignFile === undefined) return;
  throw new UsageError(
    `The demo is not drawn among other files, such as ${printable(join(foreignFile.parentPath, foreignFile.name))}. Give another folder: finetune demo DIR.`,
  );
}

/** `finetune demo [dir]`: draws a dataset and trains on it. */
export const demoCommand: CommandHandler = async (input, context) => {
  const {terminal} = context;
  const directory = (input.positionals.dir as string | undefined) ?? 'finetune-demo';
  assertDemoFolder(directory);
  const images = await drawDemoSet(directory, {seed: DATASET_SEED});
  terminal.log(
    formatLabeled(
      terminal.style.dim,
      'drawn',
      `${formatCount(images.length, 'image')} in ${printable(directory)}`,
      terminal.columns,
    ),
  );
  const optionSources = [
    {source: 'flag', values: {data: directory}} as const,
    ...input.optionSources,
    {source: 'recipe file', values: readRecipeFile(DEMO_RECIPE_PATH)} as const,
  ];
  const result = await trainCommand({...input, optionSources}, context);
  const nextCommands = formatSteps(
    'Then',
    [
      [`${PROGRAM_NAME} DIR`, 'with images of your own, a folder for each class'],
      [
        `${PROGRAM_NAME} ${quoted(directory)} --recipe ${quoted(shortPath(DEMO_RECIPE_PATH))}`,
        'this one again',
      ],
    ],
    terminal.style,
    terminal.columns,
  );
  return {...result, hint: `${result.hint ?? ''}\n${nextCommands}`};
};
