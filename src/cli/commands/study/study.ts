import {join} from 'node:path';
import {startBackend} from '../../../backend/runtime/runtime.js';
import {printable} from '../../../core/text/printable.js';
import type {ResolvedRecipe} from '../../../finetune/recipe/resolve-recipe.js';
import {runStudy, STUDY_FILES} from '../../../finetune/study/run-study.js';
import {STUDIES} from '../../../finetune/study/studies.js';
import {nameOf} from '../../../report/run-record.js';
import type {CommandHandler} from '../../command.js';
import {loadFolder, pickListPath} from '../../load-folder.js';
import {withResumeHint} from '../../resume.js';
import type {RunPlan} from '../../run-plan.js';
import {formatBackend, toBackendOptions} from '../../terminal/backend-view.js';
import {formatLabeled} from '../../terminal/screen/layout.js';
import {parseNetworks, parseStudyName, planNetwork} from './study-request.js';
import {formatStudySummary, StudyView} from './study-view.js';

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
  const {resume: _, ...options} = plan.finetuneOptions(out, first, backendSeconds);
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
  const {record, document} = await withResumeHint(out, work, command).finally(() => view.close());
  return {
    document,
    text: formatStudySummary(record, terminal.resultColumns),
    hint: `\nCurves and tables: ${printable(join(out, STUDY_FILES.page))}`,
  };
};
