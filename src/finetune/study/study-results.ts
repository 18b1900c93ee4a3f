import {countParameters} from '../../backbones/network.js';
import type {RunRecord} from '../../report/run-record.js';
import {
  compareNetworks,
  summarizeNetworks,
  type StudyRecord,
  type StudyRun,
} from '../../report/study/study-record.js';
import {formatVerdict} from '../../report/study/verdict.js';
import {readRecord} from '../run/trained-run.js';
import {STUDIES, type StudyName} from './studies.js';
import type {PlannedRun} from './study-runs.js';

const toStudyRun = (
  {arch, seed, run}: PlannedRun,
  {network, classes, history}: RunRecord,
): StudyRun => ({
  arch,
  seed,
  run,
  parameters: countParameters(network.spec, classes.length),
  history,
});

/** Options and recipe that all runs of a study share. */
const sharedSettings = (settings: RunRecord['settings']): RunRecord['settings'] =>
  settings.filter(({name}) => !['arch', 'seed', 'splitFile'].includes(name));

/**
 * Reads the records of finished runs.
 * @param runs in the order of training; the record has them by network
 */
export async function readStudyRecord(
  study: StudyName,
  runs: readonly PlannedRun[],
  command: string,
): Promise<StudyRecord> {
  const records = await Promise.all(runs.map(({run}) => readRecord(run, run)));
  const [first] = records;
  const archs = [...new Set(runs.map(({arch}) => arch))];
  const studyRuns = runs.map((run, i) => toStudyRun(run, records[i]!));
  const {question, source} = STUDIES[study];
  return {
    study,
    question,
    source,
    dataset: first!.dataset,
    images: first!.images,
    classes: first!.classes.length,
    runs: archs.flatMap(arch => studyRuns.filter(run => run.arch === arch)),
    finishedAt: records
      .map(({finishedAt}) => finishedAt)
      .sort()
      .at(-1)!,
    settings: sharedSettings(first!.settings),
    environment: first!.environment,
    command,
  };
}

/** Content of `study.json`: errors of the networks over their seeds, and what they come to. */
export function studyDocument({runs, ...record}: StudyRecord): object {
  const networks = summarizeNetworks(runs);
  return {
    ...record,
    networks,
    comparisons: compareNetworks(networks).map(comparison => ({
      ...comparison,
      verdict: formatVerdict(comparison).replaceAll('\u00a0', ' '),
    })),
    runs: runs.map(({history: _history, ...run}) => run),
  };
}
