import type {PhaseModel} from '../../training/loop/phase-model.js';
import {
  findSuspiciousImages,
  labelIssuesDocument,
  parseLabelIssues,
  suspiciousImageFindings,
  type SuspiciousImages,
} from '../label-issues.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import type {PhaseInputs} from './phase-data.js';

/** Searches the features of a run for label issues and outliers, once, in the first phase that has features to search. */
export class LabelIssueSearch {
  #found: SuspiciousImages | undefined;

  constructor(
    readonly prepared: Prepared,
    readonly recipe: Recipe,
    readonly run: RunContext,
  ) {}

  get found(): SuspiciousImages | undefined {
    return this.#found;
  }

  /** Document for a checkpoint; undefined before the search. */
  get document(): unknown {
    return this.#found && labelIssuesDocument(this.prepared, this.#found);
  }

  /** Restores the findings of an interrupted run. */
  resume(document: unknown): void {
    this.#report(parseLabelIssues(document, this.prepared.split));
  }

  /** Searches pooled features only. Feature maps say more about where things are than what they are. */
  async search(model: PhaseModel, inputs: PhaseInputs): Promise<void> {
    if (this.#found !== undefined || !inputs.trainCached || !inputs.validationCached) return;
    if (model.frozenDepth <= this.recipe.lastStage) return;
    const search = (): Promise<SuspiciousImages> => findSuspiciousImages(this.prepared, inputs);
    const found = await this.run.time(
      'features',
      () => this.run.sharedData?.suspiciousImages(search) ?? search(),
    );
    this.#report(found);
  }

  #report(found: SuspiciousImages): void {
    this.#found = found;
    suspiciousImageFindings(found).forEach(finding => this.run.addFinding(finding));
  }
}
