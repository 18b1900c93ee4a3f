import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {OptionTable} from '../../../finetune/options/option.js';
import {STUDIES} from '../../../finetune/study/studies.js';
import {omitOptions, withDefaults, withHelp} from '../../options/command-options.js';
import {parseRecipe} from '../../options/recipe-file.js';

/** From dist/src/cli/commands/study/ to the root of the package. */
export const STUDY_RECIPE_PATH = fileURLToPath(
  new URL('../../../../../templates/recipes/study.json', import.meta.url),
);

/** Options that a study sets itself: its networks start from random weights, and everything is trained. */
const FIXED_OPTIONS = ['arch', 'lastStage', 'weights', 'freeze', 'views'];

/** Descriptions of the arguments of `finetune study`. */
export const STUDY_POSITIONALS = {
  study: Object.entries(STUDIES)
    .map(([name, {description}]) => `${name}: ${description}`)
    .join('; '),
};

/** Options of `finetune study`. Their defaults are those of its recipe. */
export const STUDY_OPTIONS: OptionTable = {
  ...withDefaults(
    omitOptions(
      ...FIXED_OPTIONS,
      'folds',
      'fold',
      'testSplit',
      'testData',
      'assertAccuracy',
      'resume',
    ),
    parseRecipe(readFileSync(STUDY_RECIPE_PATH, 'utf8')) as Readonly<Record<string, unknown>>,
  ),
  out: {
    schema: {type: 'string', minLength: 1},
    help: 'directory of the study; one that holds it already is continued',
    defaultText: 'runs/<dataset>-<study>',
    example: 'runs/degradation',
    isPath: true,
  },
  ...withHelp('seed', 'the first seed; the split is always by it'),
  networks: {
    schema: {type: 'string', minLength: 1},
    help: 'networks to compare instead of those of the study: a,b,c (finetune models lists them)',
    example: 'plain20,resnet20',
  },
  seeds: {
    schema: {type: 'integer', minimum: 1, maximum: 100},
    help: 'number of seeds, one run of each network with each',
    default: 1,
  },
};
