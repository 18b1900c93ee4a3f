import type {Arch} from '../../backbones/resnet-specs.js';
import {argmax} from '../../export/ensemble/vote.js';
import type {ModelMember} from '../../export/model-member.js';
import {isBetter} from '../../training/metrics/evaluate.js';
import {mcnemarTest} from '../../training/metrics/mcnemar.js';
import {lossSum} from '../../training/metrics/loss-sum.js';
import {RunningMetrics, type Metrics} from '../../training/metrics/metrics.js';

/** Metrics of one member of an ensemble, alone. */
export interface MemberMetrics {
  readonly name: string;
  readonly arch: Arch;
  readonly metrics: Metrics;
}

/**
 * Comparison of an ensemble with its best member on the same images. The best member is chosen on these images, which inflates its
 * accuracy: the comparison is unfair to the ensemble, never to the member.
 */
export interface BestMemberComparison {
  /** Name of the member with the highest accuracy, and of these, the lowest loss. */
  readonly best: string;
  /** Number of images that only the ensemble gets right. */
  readonly onlyEnsemble: number;
  /** Number of images that only the best member gets right. */
  readonly onlyBest: number;
  /** Two-sided p-value of McNemar's exact test. */
  readonly pValue: number;
}

/**
 * Evaluation of the members of an ensemble on the images of the ensemble.
 *
 * @example
 * const {ensemble} = await evaluate(await loadModel(['./runs/a', './runs/b']), folder);
 * console.log(ensemble?.comparison.pValue);
 */
export interface EnsembleEvaluation {
  readonly members: readonly MemberMetrics[];
  readonly comparison: BestMemberComparison;
}

/** Whether the most likely class of each image is the true one. */
const correctImages = (probabilities: Float32Array, labels: Int32Array): boolean[] => {
  const classes = probabilities.length / labels.length;
  return Array.from(
    labels,
    (label, i) => argmax(probabilities.subarray(i * classes, (i + 1) * classes)) === label,
  );
};

/** Evaluates the members of an ensemble, and compares the best one with the ensemble image by image. */
export class MemberComparison {
  readonly #metrics: readonly RunningMetrics[];
  readonly #correct: readonly boolean[][];
  readonly #correctByEnsemble: boolean[] = [];

  constructor(
    readonly members: readonly ModelMember[],
    classNames: readonly string[],
  ) {
    this.#metrics = members.map(() => new RunningMetrics(classNames));
    this.#correct = members.map(() => []);
  }

  /**
   * Adds a batch.
   * @param scores probabilities of each member, `[n, classes]`
   * @param combined probabilities of the ensemble, `[n, classes]`
   */
  add(scores: readonly Float32Array[], combined: Float32Array, labels: Int32Array): void {
    scores.forEach((probabilities, i) => {
      const classes = probabilities.length / labels.length;
      this.#metrics[i]!.add(probabilities, labels, lossSum(probabilities, labels, classes));
      this.#correct[i]!.push(...correctImages(probabilities, labels));
    });
    this.#correctByEnsemble.push(...correctImages(combined, labels));
  }

  /** The evaluation of all images added so far, at least one. */
  result(): EnsembleEvaluation {
    const members = this.members.map(({name, spec: {arch}}, i) => ({
      name,
      arch,
      metrics: this.#metrics[i]!.metrics(),
    }));
    const best = members.reduce(
      (best, {metrics}, i) => (isBetter(metrics, members[best]!.metrics) ? i : best),
      0,
    );
    const correct = this.#correct[best]!;
    const count = (ensemble: boolean, member: boolean): number =>
      correct.filter((isRight, i) => isRight === member && this.#correctByEnsemble[i] === ensemble)
        .length;
    const [onlyEnsemble, onlyBest] = [count(true, false), count(false, true)];
    const pValue = mcnemarTest(onlyEnsemble, onlyBest);
    return {members, comparison: {best: members[best]!.name, onlyEnsemble, onlyBest, pValue}};
  }
}
