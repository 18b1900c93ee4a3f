import type {RunRecord} from '../../report/run-record.js';
import {classCurves} from '../../training/metrics/class-curves.js';
import {coverageCurve} from '../../training/metrics/coverage.js';
import {toReportImages} from '../label-issues.js';
import {findCorrectImages} from './correct-images.js';
import {embeddingMap} from './embedding-map.js';
import {findMisclassifications} from './misclassifications.js';
import type {TrainingResult} from '../phases/training-result.js';
import type {Prepared} from '../preparation/prepared.js';
import {collectClassExamples} from './class-examples.js';

/** What a report shows besides metrics: images, and figures that are derived from all validation probabilities, which no record keeps. */
export type Explanation = Pick<
  RunRecord,
  | 'classCurves'
  | 'classExamples'
  | 'correctImages'
  | 'coverage'
  | 'embedding'
  | 'misclassifications'
  | 'suspiciousImages'
>;

/** Collects the images and figures that explain a classifier in its report. */
export async function explainRun(
  prepared: Prepared,
  {
    features,
    probabilities,
    suspiciousImages,
  }: Pick<TrainingResult, 'features' | 'probabilities' | 'suspiciousImages'>,
): Promise<Explanation> {
  const {classifier, split} = prepared;
  const labels = Int32Array.from(split.validation, ({label}) => label);
  const all = {probabilities, labels, classes: classifier.classNames.length};
  return {
    coverage: coverageCurve(all),
    classCurves: classCurves(all),
    embedding: await embeddingMap(prepared, features, probabilities),
    classExamples: await collectClassExamples(prepared),
    correctImages: await findCorrectImages(prepared, probabilities),
    misclassifications: await findMisclassifications(prepared, probabilities),
    ...(suspiciousImages && {
      suspiciousImages: await toReportImages(prepared, suspiciousImages),
    }),
  };
}
