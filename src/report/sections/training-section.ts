import {
  describeHeadSolution,
  describeTransferCase,
} from '../../training/head-solver/describe-head-solution.js';
import type {HeadSolution} from '../../training/head-solver/solve-head.js';
import {metricForBestModel} from '../../training/loop/class-balance.js';
import {curves} from '../charts/curves.js';
import {html, type Html} from '../html.js';
import {scheduleTable} from '../run-details.js';
import type {RunRecord} from '../run-record.js';

const solutionNote = (solution: HeadSolution, phases: RunRecord['phases']): Html =>
  html`<p>
    The head of phase ${phases[solution.phaseIndex]!.name} was solved to convergence:
    ${describeHeadSolution(solution)}.
    ${Number.isFinite(solution.baselineAccuracy) && `This is a ${describeTransferCase(solution)}.`}
  </p>`;

/** Renders the course of training and its schedule. */
export const trainingSection = ({
  history,
  classBalance,
  phases,
  network,
  headSolutions = [],
}: RunRecord): Html => html`
  ${curves(history, metricForBestModel(classBalance))}
  ${scheduleTable(phases, network.spec.lastStage, headSolutions)}
  ${headSolutions.map(solution => solutionNote(solution, phases))}
`;
