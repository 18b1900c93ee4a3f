import {existsSync, readdirSync} from 'node:fs';
import {join, relative} from 'node:path';
import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/text/printable.js';
import {demoFiles, drawDemoSet} from '../../datasets/demo/demo-set.js';
import {formatCount} from '../../core/text/format-count.js';
import type {OptionSource} from '../../finetune/options/merge-options.js';
import type {CommandContext, CommandHandler, CommandInput} from '../command.js';
import {isComparison} from './comparison/compare-weights.js';
import {compareWithScratch} from './comparison/demo-comparison.js';
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
  const drawn = new Set(demoFiles());
  const foreignFile = entries
    .filter(entry => entry.isFile())
    .map(({parentPath, name}) => join(parentPath, name))
    .find(path => !drawn.has(relative(directory, path)));
  if (foreignFile === undefined) return;
  throw new UsageError(
    `The demo is not drawn among other files, such as ${printable(foreignFile)}. Give another folder: finetune demo DIR. To train on images of your own: finetune demo --data DIR.`,
  );
}

/** The folder of images: the given one, or a new one with drawn images. @throws UsageError (exit 2) if both are given */
async function chooseFolder(
  {positionals, values}: CommandInput,
  {terminal}: CommandContext,
): Promise<string> {
  const {dir} = positionals as {readonly dir?: string};
  const {data} = values as {readonly data?: string};
  if (data !== undefined && dir !== undefined)
    throw new UsageError(
      `Images are drawn into ${printable(dir)}, or those in --data ${printable(data)} are used. Leave out one.`,
    );
  if (data !== undefined) return data;
  const directory = dir ?? 'finetune-demo';
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
  return directory;
}

/** `finetune demo [dir]`: draws a dataset, transfers to it, and trains from random weights for as long. */
export const demoCommand: CommandHandler = async (input, context) => {
  const {terminal} = context;
  if (isComparison(String(input.values.weights)))
    throw new UsageError(
      'The demo trains one network. Compare weights with: finetune DIR --weights compare=A,B',
    );
  const directory = await chooseFolder(input, context);
  const optionSources: readonly OptionSource[] = [
    {source: 'flag', values: {data: directory}},
    ...input.optionSources,
    {source: 'recipe file', values: readRecipeFile(DEMO_RECIPE_PATH)},
  ];
  const transfer = await trainCommand({...input, optionSources}, context);
  const result = await compareWithScratch({...input, optionSources}, transfer, context);
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
