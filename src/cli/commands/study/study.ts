import {join} from 'node:path';
import {startBackend} from '../../../backend/runtime/runtime.js';
import {ARCHS, type Arch} from '../../../backbones/resnet-specs.js';
import {AbortedError, UsageError} from '../../../core/errors.js';
import {printable} from '../../../core/text/printable.js';
import {suggest} from '../../../core/text/suggest.js';
import type {ResolvedRecipe} from '../../../finetune/recipe/resolve-recipe.js';
import {hasRunFile} from '../../../finetune/run/run-files.js';
import {runStudy, STUDY_FILES} from '../../../finetune/study/run-study.js';
import {STUDIES, STUDY_NAMES, type StudyName} from '../../../finetune/study/studies.js';
import {nameOf} from '../../../report/run-record.js';
import type {CommandHandler, CommandInput} from '../../command.js';
import {InterruptedRunError} from '../../failure.js';
import {loadFolder, pickListPath} from '../../load-folder.js';
import {readRecipeFile} from '../../options/recipe-file.js';
import {RunPlan} from '../../run-plan.js';
import {formatBackend, toBackendOptions} from '../../terminal/backend-view.js';
import {formatLabeled} from '../../terminal/screen/layout.js';
import {STUDY_RECIPE_PATH} from './study-options.js';
import {formatStudySummary, StudyView} from './study-view.js';

/** @throws UsageError (exit 2) for a name that no study has */
function parseStudyName(name: string): StudyName {
  const found = STUDY_NAMES.find(known => known === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `There is no study "${name}"${suggest(name, STUDY_NAMES) || '.'} Choose ${STUDY_NAMES.join(', ')}.`,
  );
}

/** Parses `plain20,resnet20`. @throws UsageError (exit 2) for an unknown network */
function parseNetworks(text: string): Arch[] {
  const names = text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
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
function planNetwork(input: CommandInput, arch: Arch): RunPlan {
  const optionSources = [
    {source: 'flag', values: {...FIXED_VALUES, arch}} as const,
    ...input.optionSources,
    {source: 'recipe file', values: readRecipeFile(STUDY_RECIPE_PATH)} as const,
  ];
  return new RunPlan({...input, optionSources});
}

/** Awaits the study. If it is aborted, the error says how to continue. */
async function withContinueHint<T>(out: string, command: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AbortedError) || !hasRunFile(out, 'recipe')) throw error;
    const {checkpoint} = error;
    throw new InterruptedRunError({run: out, checkpoint, command});
  }
}

/** `finetune study <study> [dir]`: trains networks by one recipe and compares them. */
export const studyCommand: CommandHandler = async (input, {terminal, signal, environment}) => {
  const study = parseStudyName(String(input.positionals.study));
  const {networks, seeds} = input.values as {readonly networks?: string; readonly seeds: number};
  const archs = networks === undefined ? STUDIES[study].networks : parseNetworks(networks);
  const plans = archs.map(arch => planNetwork(input, arch));
  const [plan] = plans as [RunPlan, ...RunPlan[]];
  const context = {terminal, signal, environment};
  const {data, verbose} = plan.values;
  const folder = await loadFolder(data, plan.folderOptions, context);
  const startTime = performance.now();
  const backend = await startBackend(toBackendOptions(plan.values, context));
  const backendSeconds = (performance.now() - startTime) / 1000;
  terminal.log(
    formatLabeled(terminal.style.dim, 'backend', formatBackend(backend), terminal.columns),
  );
  const resolved = plans.map(each => each.resolve(folder, backend.device === 'gpu'));
  const [first] = resolved as [ResolvedRecipe, ...ResolvedRecipe[]];
  const out = plan.values.out ?? join('runs', `${nameOf(data)}-${study}`);
  const view = new StudyView(terminal, first, {verbose, ...pickListPath(folder, data)});
  const {resume: _, ...options} = plan.finetuneOptions(out, first.sources, backendSeconds);
  const firstSeed = first.recipe.seed;
  const work = runStudy(
    folder,
    {
      study,
      recipes: resolved.map(({recipe}) => recipe),
      seeds: Array.from({length: seeds}, (_, i) => firstSeed + i),
    },
    {...options, out, signal, onRun: view.beginRun, onEvent: view.listen},
  );
  const command = options.settings?.command ?? '';
  const {record, document} = await withContinueHint(out, command, work).finally(() => view.close());
  return {
    document,
    text: formatStudySummary(record, terminal.resultColumns),
    hint: `\nCurves and tables: ${printable(join(out, STUDY_FILES.page))}`,
  };
};
