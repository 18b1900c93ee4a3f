import {defineError, UsageError} from '../../core/errors.js';
import type {HeadSolverName} from '../../training/head-solver/solve-head.js';
import type {FreezeSchedule} from './phases.js';
import type {RecipeInput} from './recipe.js';

/** A head solver was requested for a head or next to an option that it cannot obey. */
export class HeadSolverError extends defineError(
  UsageError,
  'HEAD_SOLVER_UNUSABLE',
  ({option}: {option: string}, {reason}: {reason: string}) =>
    `--head-solver lbfgs cannot be used with --${option}: ${reason}. Remove one of the two, or use --head-solver optimizer.`,
) {}

/** Options of an optimizer, and their flags. They have no effect on a head that is solved. */
const OPTIMIZER_FLAGS = {
  epochs: 'epochs',
  lr: 'lr',
  optimizer: 'optimizer',
  weightDecay: 'weight-decay',
  clipNorm: 'clip-norm',
} as const;

/** Options that a solver cannot obey whatever the schedule. */
function findObstacle(given: RecipeInput): {option: string; reason: string} | undefined {
  const {head, dropout = 0} = given;
  if (head === 'mlp') return {option: 'head mlp', reason: 'only a linear head has one solution'};
  if (dropout > 0) return {option: `dropout ${dropout}`, reason: 'a solved head drops no features'};
  const unused = (Object.keys(OPTIMIZER_FLAGS) as (keyof typeof OPTIMIZER_FLAGS)[]).find(
    key => given[key] !== undefined,
  );
  if (given.freeze === 'probe' && unused !== undefined)
    return {
      option: OPTIMIZER_FLAGS[unused],
      reason: 'a solved head has no steps that it applies to',
    };
  return undefined;
}

/**
 * Solves heads to convergence, unless the user has given options that only an optimizer obeys: another head, dropout, phases with epochs of
 * their own, or epochs and the like for a run that is a probe.
 */
export function recommendHeadSolver(given: RecipeInput, freeze: FreezeSchedule): HeadSolverName {
  const obstacle = findObstacle({...given, freeze});
  return given.phases !== undefined || obstacle !== undefined ? 'optimizer' : 'lbfgs';
}

/** Rejects a requested solver that cannot be used. @throws HeadSolverError */
export function checkHeadSolver(given: RecipeInput): void {
  if (given.headSolver !== 'lbfgs') return;
  const obstacle = findObstacle(given);
  if (obstacle !== undefined)
    throw new HeadSolverError({option: obstacle.option}, {reason: obstacle.reason});
}
