import {formatDuration, formatPercent} from '../../../report/format.js';
import {
  compareNetworks,
  summarizeNetworks,
  type SeedStatistics,
  type StudyRecord,
} from '../../../report/study/study-record.js';
import {formatVerdict} from '../../../report/study/verdict.js';
import type {RunEvent} from '../../../finetune/events.js';
import type {ResolvedRecipe} from '../../../finetune/recipe/resolve-recipe.js';
import type {RunPosition} from '../../../finetune/study/run-study.js';
import type {PlannedRun} from '../../../finetune/study/study-runs.js';
import {ConsoleView, type ConsoleViewOptions} from '../../terminal/console-view.js';
import {formatTable, wrapText} from '../../terminal/screen/layout.js';
import type {Terminal} from '../../terminal/screen/terminal.js';

/** Prints the events of a study: a heading for each run, and what the run alone would print. */
export class StudyView {
  #run: ConsoleView | undefined;

  constructor(
    readonly terminal: Terminal,
    /** Recipe that the runs share. */
    readonly resolved: ResolvedRecipe,
    readonly options: ConsoleViewOptions,
  ) {}

  readonly beginRun = (
    {arch, seed, recipe}: PlannedRun,
    {number, runs, isFinished}: RunPosition,
  ): void => {
    this.close();
    const {style} = this.terminal;
    const note = isFinished ? style.dim('  finished before') : '';
    this.terminal.log(`\n${style.bold(`run ${number}/${runs}  ${arch}, seed ${seed}`)}${note}`);
    this.#run = new ConsoleView(this.terminal, this.options);
    this.#run.listen({type: 'recipe', ...this.resolved, recipe});
  };

  readonly listen = (event: RunEvent): void => this.#run?.listen(event);

  close(): void {
    this.#run?.close();
  }
}

const formatError = ({mean, low, high}: SeedStatistics): string =>
  low === high
    ? formatPercent(mean)
    : `${formatPercent(mean)} (${formatPercent(low)} to ${formatPercent(high)})`;

/** Result of a study: a row per network, and a sentence per comparison. */
export function formatStudySummary({runs}: StudyRecord, columns: number): string {
  const networks = summarizeNetworks(runs);
  const rows = networks.map(({arch, trainingError, validationError, seconds}) => [
    arch,
    formatError(trainingError),
    formatError(validationError),
    formatDuration(seconds),
  ]);
  const table = formatTable(
    [['network', 'training error', 'validation error', 'time'], ...rows],
    [1, 2, 3],
  );
  const verdicts = compareNetworks(networks).map(comparison =>
    wrapText(formatVerdict(comparison), columns, ''),
  );
  return [...table, '', ...verdicts].join('\n');
}
