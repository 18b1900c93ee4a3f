import {printable} from '../../../core/text/printable.js';
import {compareRuns} from '../../../finetune/run-comparison/compare-runs.js';
import type {CommandHandler} from '../../command.js';
import {PROGRAM_NAME, quoted} from '../../terminal/format.js';
import {formatRunComparison} from '../../terminal/comparison/format-run-comparison.js';
import {formatSteps} from '../../terminal/format-steps.js';

interface CompareValues {
  readonly html?: string;
  readonly verbose: boolean;
}

/** `finetune compare RUN RUN...` */
export const compareRunsCommand: CommandHandler = async ({positionals, values}, {terminal}) => {
  const {html, verbose} = values as unknown as CompareValues;
  const directories = ((positionals.run as readonly unknown[] | undefined) ?? []).map(String);
  const comparison = await compareRuns(directories, {...(html !== undefined && {html})});
  const command = [PROGRAM_NAME, 'compare', ...directories.map(quoted), '--html comparison.html'];
  return {
    document: {...comparison, ...(html !== undefined && {html})},
    text: [
      formatRunComparison(comparison, terminal, verbose),
      ...(html === undefined ? [] : [`Page: ${printable(html)}`]),
    ].join('\n'),
    ...(html === undefined && {
      hint: formatSteps(
        'Next',
        [[command.join(' '), 'a page with curves, classes and these images']],
        terminal.style,
        terminal.columns,
      ),
    }),
  };
};
