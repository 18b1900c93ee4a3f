import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {AbortedError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/image-folder.js';
import {startEngine} from '../../engine/runtime.js';
import {finetune, type FinetuneOptions, type FinetuneResult} from '../../finetune/finetune.js';
import type {Recipe} from '../../finetune/recipe.js';
import {RUN_FILES} from '../../finetune/run-directory.js';
import {accuracyGate} from '../accuracy-gate.js';
import type {Action, Session} from '../action.js';
import {ConsoleView} from '../console-view.js';
import {engineSentence, engineWish} from '../engine-view.js';
import {StoppedRunError} from '../failure.js';
import {loadFolder} from '../load-folder.js';
import {RunPlan} from '../run-plan.js';
import {nextSteps, runSummary} from '../run-summary.js';
import {table} from '../table.js';
import {threadsSentence} from '../threads.js';
import {labelled} from '../words.js';

/** The library's run; one that is stopped says how to go on. */
async function runIn(out: string, folder: ImageFolder, recipe: Recipe, options: FinetuneOptions): Promise<FinetuneResult> {
  try {
    return await finetune(folder, recipe, options);
  } catch (error) {
    if (error instanceof AbortedError && existsSync(join(out, RUN_FILES.recipe))) throw new StoppedRunError(out, error.checkpoint);
    throw error;
  }
}

/** `metrics.json`, so that `--json` and the file agree. */
const metricsOf = async (run: string): Promise<object> => JSON.parse(await readFile(join(run, RUN_FILES.metrics), 'utf8')) as object;

/** `finetune [train]`: train, evaluate, export. */
export const train: Action = async (request, session: Session) => {
  const {terminal, signal} = session;
  const {dim} = terminal.style;
  const plan = new RunPlan(request);
  const {data, verbose, assertAccuracy} = plan.values;
  const folder = await loadFolder(data, plan.folderOptions, session);
  const begun = performance.now();
  const engine = await startEngine(engineWish(plan.values, session));
  const engineSeconds = (performance.now() - begun) / 1000;
  terminal.log(labelled(dim, 'engine', engineSentence(engine), terminal.columns));
  terminal.log(labelled(dim, 'threads', threadsSentence(plan.values.workers, engine), terminal.columns));
  const resolved = plan.resolve(folder, engine.device === 'gpu');
  const out = plan.directory(resolved.recipe.arch);
  if (verbose) for (const line of table([['option', 'value', 'from'], ...plan.rows(resolved, out)])) terminal.log(dim(line));

  const view = new ConsoleView(terminal, {verbose});
  view.listen({type: 'recipe', ...resolved});
  const options = {...plan.finetuneOptions(out, resolved.sources, engineSeconds), signal, onEvent: view.listen};
  const result = await runIn(out, folder, resolved.recipe, options).finally(() => view.close());
  result.classifier.dispose();
  const {metrics, bundle} = result;
  return {
    document: await metricsOf(out),
    text: runSummary(result, terminal.resultStyle, terminal.columns),
    ...(bundle !== undefined && {hint: nextSteps(out, bundle)}),
    ...accuracyGate(metrics.validation.accuracy, assertAccuracy),
  };
};
