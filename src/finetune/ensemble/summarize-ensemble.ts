import {join} from 'node:path';
import type {ImageFolder} from '../../datasets/sample.js';
import {ensembleHtml} from '../../report/ensemble/ensemble-page.js';
import type {RunContext} from '../run/run-context.js';
import {RUN_FILES} from '../run/run-files.js';
import {sumTimings} from '../timings.js';
import type {EnsembleEvaluations} from './finish-ensemble.js';
import {MEMBERS_FOLDER} from './plan-members.js';
import type {TrainedMember} from './train-member.js';

/**
 * Builds the `metrics.json` and the `report.html` of an ensemble.
 * @param out directory of the ensemble
 * @param timings seconds of the ensemble itself, without its members
 */
export function summarizeEnsemble(
  {root, classNames}: ImageFolder,
  out: string,
  members: readonly TrainedMember[],
  evaluations: EnsembleEvaluations,
  timings: RunContext['timings'],
): {readonly document: object; readonly page: string} {
  const {validation, test} = evaluations;
  const total = sumTimings([...members.map(member => member.timings), timings]);
  const document = {
    run: out,
    model: join(out, RUN_FILES.model),
    classes: classNames,
    metrics: {
      ...(validation && {validation: validation.metrics}),
      ...(test && {test: test.metrics}),
    },
    comparison: {
      ...(validation && {validation: validation.comparison}),
      ...(test && {test: test.comparison}),
    },
    members: members.map(({name, arch, run, metrics}) => ({name, arch, run, metrics})),
    timings: total,
  };
  const page = ensembleHtml({
    dataset: root,
    classes: classNames,
    members: members.map(({name, arch}) => ({
      name,
      arch,
      report: `${MEMBERS_FOLDER}/${name}/${RUN_FILES.report}`,
    })),
    evaluations,
    seconds: total.total,
  });
  return {document, page};
}
