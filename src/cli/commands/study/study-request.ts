import {ARCHS, type Arch} from '../../../backbones/resnet-specs.js';
import {UsageError} from '../../../core/errors.js';
import {suggest} from '../../../core/text/suggest.js';
import {STUDY_NAMES, type StudyName} from '../../../finetune/study/studies.js';
import type {CommandInput} from '../../command.js';
import {readRecipeFile} from '../../options/recipe-file.js';
import {RunPlan} from '../../run-plan.js';
import {STUDY_RECIPE_PATH} from './study-options.js';

/** @throws UsageError (exit 2) for a name that no study has */
export function parseStudyName(name: string): StudyName {
  const found = STUDY_NAMES.find(known => known === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `There is no study "${name}"${suggest(name, STUDY_NAMES) || '.'} Choose ${STUDY_NAMES.join(', ')}.`,
  );
}

/** Parses `plain20,resnet20`. @throws UsageError (exit 2) for an unknown network, or none */
export function parseNetworks(text: string): Arch[] {
  const names = text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  if (names.length === 0) throw new UsageError('--networks names no network. Give some: a,b,c.');
  return [...new Set(names)].map(name => {
    const arch = ARCHS.find(known => known === name);
    if (arch !== undefined) return arch;
    throw new UsageError(
      `--networks: there is no network "${name}"${suggest(name, ARCHS) || '.'} finetune models lists them.`,
    );
  });
}

/** Options that every run of a study has, whatever else is given. */
const FIXED_VALUES = {weights: 'none', freeze: 'full'} as const;

/** The request for one network: what was given, over the recipe of studies. */
export function planNetwork(input: CommandInput, arch: Arch): RunPlan {
  const optionSources = [
    {source: 'flag', values: {...FIXED_VALUES, arch}} as const,
    ...input.optionSources,
    {source: 'recipe file', values: readRecipeFile(STUDY_RECIPE_PATH)} as const,
  ];
  return new RunPlan({...input, optionSources});
}
