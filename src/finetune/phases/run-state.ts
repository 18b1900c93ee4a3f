import {getLayerGroup, type LayerGroup} from '../../backbones/layer-groups.js';
import {loadStateDict, toHost} from '../../backbones/parameters.js';
import {BestCheckpoint} from '../../training/loop/best-checkpoint.js';
import type {Checkpoint} from '../../training/loop/checkpoint.js';
import {metricForBestModel} from '../../training/loop/class-balance.js';
import type {HeadSolution} from '../../training/head-solver/solve-head.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {PhaseTrainer} from '../../training/loop/phase-trainer.js';
import {INITIAL_TRAINER_STATE} from '../../training/loop/training-plan.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {EpochHistory} from './epoch-history.js';
import {LabelIssueSearch} from './label-issue-search.js';
import {trainedGroups} from './phase-data.js';

/** Checkpoint that includes the history of a run. */
export type RunCheckpoint = Checkpoint<EpochRow>;

/** State of a run that outlives a phase. A checkpoint holds exactly this state. */
export class RunState {
  readonly best: BestCheckpoint;
  readonly history: EpochHistory;
  readonly labelIssues: LabelIssueSearch;
  /** Heads that were solved, in the order of their phases. */
  headSolutions: readonly HeadSolution[] = [];
  /** Layer groups that at least one phase trains. */
  readonly #trained: ReadonlySet<LayerGroup>;

  constructor(
    readonly prepared: Prepared,
    recipe: Recipe,
    run: RunContext,
  ) {
    this.#trained = new Set(recipe.phases.flatMap(phase => [...trainedGroups(phase)]));
    this.best = new BestCheckpoint(
      prepared.classifier,
      this.#trained,
      metricForBestModel(recipe.classBalance),
    );
    this.history = new EpochHistory(run);
    this.labelIssues = new LabelIssueSearch(prepared, recipe, run);
  }

  resume({weights, best, bestMetrics, history, labelIssues, headSolutions}: RunCheckpoint): void {
    loadStateDict(this.prepared.classifier.weights, weights);
    this.best.resume(bestMetrics, best);
    this.history.resume(history);
    this.headSolutions = headSolutions ?? [];
    if (labelIssues !== undefined) this.labelIssues.resume(labelIssues);
  }

  /**
   * Current state as a checkpoint. Before the first update of a phase it is the state that the phase starts from.
   * @param trainer undefined while the inputs of the phase are being prepared
   * @param from checkpoint that the phase resumes from
   */
  snapshot(phase: number, trainer?: PhaseTrainer, from?: RunCheckpoint): RunCheckpoint {
    const {metrics, tensors} = this.best;
    const labelIssues = this.labelIssues.document;
    return {
      phase,
      trainerState: {...(trainer?.state ?? from?.trainerState ?? INITIAL_TRAINER_STATE)},
      history: this.history.rows,
      ...(metrics !== undefined && {bestMetrics: metrics}),
      ...(labelIssues !== undefined && {labelIssues}),
      ...(this.headSolutions.length > 0 && {headSolutions: this.headSolutions}),
      weights: toHost(this.prepared.classifier.weights, name =>
        this.#trained.has(getLayerGroup(name)),
      ),
      optimizer: trainer?.optimizer.state() ?? from?.optimizer ?? new Map(),
      best: tensors,
    };
  }
}
