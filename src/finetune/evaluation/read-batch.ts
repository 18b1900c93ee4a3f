import {describeDecodeError} from '../../datasets/images/image-error.js';
import type {TestTimeAugmentation} from '../../datasets/images/test-time-views.js';
import {skippedFindings} from '../../datasets/discovery/skipped-files.js';
import type {Sample} from '../../datasets/sample.js';
import type {ExportedModel} from '../../export/exported-model.js';
import {readImageViews, type ImageViews} from '../../export/score-images.js';
import type {RunContext} from '../run/run-context.js';

export interface EvaluationBatch {
  readonly images: readonly ImageViews[];
  /** Labels of the model. */
  readonly labels: Int32Array;
}

/** Decodes samples with the preprocessing of the model. An unreadable image becomes a finding. */
export async function readBatch(
  samples: readonly Sample[],
  labels: ReadonlyMap<number, number>,
  {members}: ExportedModel,
  tta: TestTimeAugmentation,
  run: RunContext,
): Promise<EvaluationBatch> {
  const read = await Promise.all(
    samples.map(async ({path, name, label}) => {
      try {
        return {label: labels.get(label)!, views: await readImageViews(path, members, tta)};
      } catch (error) {
        skippedFindings('unreadable-image', 'warning', [name], describeDecodeError(error)).forEach(
          finding => run.addFinding(finding),
        );
        return undefined;
      }
    }),
  );
  const readable = read.filter(image => image !== undefined);
  return {
    images: readable.map(({views}) => views),
    labels: Int32Array.from(readable, ({label}) => label),
  };
}
