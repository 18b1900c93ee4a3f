import {
  describeHeadSolution,
  describeTransferCase,
} from '../../training/head-solver/describe-head-solution.js';
import {
  bestCandidate,
  type HeadSolution,
  type L2Candidate,
} from '../../training/head-solver/solve-head.js';
import {metricForBestModel} from '../../training/loop/class-balance.js';
import {curves} from '../charts/curves.js';
import {formatPercent} from '../format.js';
import {html, type Html} from '../html.js';
import {scheduleTable} from '../run-details.js';
import type {RunRecord} from '../run-record.js';

const candidateRow = ({l2, loss, accuracy}: L2Candidate, isChosen: boolean): Html => html`
  <tr>
    <th scope="row">${l2}${isChosen && html` <small>chosen</small>`}</th>
    <td class="number">${loss.toFixed(4)}</td>
    <td class="number">${formatPercent(accuracy)}</td>
  </tr>
`;

/** Strengths of the penalty, and how each did on training images that were held out. */
function candidatesTable(candidates: readonly L2Candidate[]): Html {
  const best = bestCandidate(candidates);
  return html`<table class="candidates">
    <thead>
      <tr>
        <th>L2 penalty</th>
        <th class="number">Cross-validated loss</th>
        <th class="number">Cross-validated accuracy</th>
      </tr>
    </thead>
    <tbody>
      ${candidates.map(candidate => candidateRow(candidate, candidate === best))}
    </tbody>
  </table>`;
}

const solutionNote = (solution: HeadSolution, phases: RunRecord['phases']): Html => html`
  <p>
    The head of phase ${phases[solution.phaseIndex]!.name} was solved to convergence:
    ${describeHeadSolution(solution)}.
    ${Number.isFinite(solution.baselineAccuracy) && `This is a ${describeTransferCase(solution)}.`}
  </p>
  ${candidatesTable(solution.candidates)}
`;

/** Renders the course of training and its schedule. A run of one epoch has no curves. */
export const trainingSection = ({
  history,
  classBalance,
  phases,
  network,
  headSolutions = [],
}: RunRecord): Html => html`
  ${history.length > 1 && curves(history, metricForBestModel(classBalance))}
  ${scheduleTable(phases, network.spec.lastStage, headSolutions)}
  ${headSolutions.map(solution => solutionNote(solution, phases))}
`;
