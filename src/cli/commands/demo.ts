import {existsSync, readdirSync} from 'node:fs';
import {basename, join} from 'node:path';
import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/printable.js';
import {drawDemoSet} from '../../datasets/demo-set.js';
import {plural} from '../../report/format.js';
import type {Action} from '../action.js';
import {steps} from '../next-steps.js';
import {DEMO_RECIPE} from '../demo-recipe.js';
import {readRecipeFile} from '../recipe-file.js';
import {labelled} from '../layout.js';
import {PROGRAM, quoted} from '../words.js';
import {train} from './train.js';

/** Pictures are the same in every demo, whatever the seed of the training. */
const DRAWING_SEED = 1;

/** Everything in a demo's folder was drawn by a demo; one with anything else is not ours to draw into. */
function checkFolder(directory: string): void {
  const entries = existsSync(directory) ? readdirSync(directory, {recursive: true, encoding: 'utf8', withFileTypes: true}) : [];
  const foreign = entries.find(entry => entry.isFile() && !entry.name.startsWith(`${basename(entry.parentPath)}-`));
  if (foreign === undefined) return;
  throw new UsageError(
    `Expected an empty folder to draw the demo into, but found ${printable(join(foreign.parentPath, foreign.name))}. Say finetune demo DIR.`,
  );
}

/** `finetune demo [dir]`: the main job on pictures that are drawn on the spot. */
export const demo: Action = async (request, session) => {
  const {terminal} = session;
  const directory = (request.positionals.dir as string | undefined) ?? 'finetune-demo';
  checkFolder(directory);
  const pictures = await drawDemoSet(directory, {seed: DRAWING_SEED});
  terminal.log(labelled(terminal.style.dim, 'drawn', `${plural(pictures.length, 'picture')} in ${printable(directory)}`, terminal.columns));
  const layers = [
    {source: 'flag', values: {data: directory}} as const,
    ...request.layers,
    {source: 'recipe file', values: readRecipeFile(DEMO_RECIPE)} as const,
  ];
  const outcome = await train({...request, layers}, session);
  const yours = steps(
    'Then',
    [
      [`${PROGRAM} DIR`, 'with images of your own, a folder for each class'],
      [`${PROGRAM} ${quoted(directory)} --recipe ${quoted(DEMO_RECIPE)}`, 'this one again'],
    ],
    terminal.style,
    terminal.columns,
  );
  return {...outcome, hint: `${outcome.hint ?? ''}\n${yours}`};
};
