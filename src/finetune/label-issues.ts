import {formatCount} from '../core/text/format-count.js';
import type {Finding} from '../core/finding.js';
import {readSystemResources} from '../core/system-resources.js';
import type {Sample} from '../datasets/sample.js';
import type {SuspiciousImage} from '../report/run-record.js';
import type {BatchSource} from '../training/loop/batch-source.js';
import {
  LABEL_ISSUE_MARGIN,
  tukeyOutliers,
  rankLabelIssues,
  type LabeledFeatures,
} from '../training/label-issues/label-issues.js';
import type {Prepared} from './preparation/prepared.js';
import {thumbnailIfReadable} from './shown-thumbnail.js';

/** Maximum bytes of features in memory; a quarter of the free memory also limits them. Larger sets are not searched for label issues. */
const MAX_BYTES = 2 ** 29;

const BATCH = 256;

/** Suspicious labels and images of a run, most confident first. */
export interface SuspiciousImages {
  /** Images that resemble those of another class. */
  readonly labelIssues: readonly {
    readonly sample: Sample;
    readonly suggested: string;
    readonly margin: number;
  }[];
  /** Images that resemble no other images. */
  readonly outliers: readonly {readonly sample: Sample; readonly leverage: number}[];
}

/** Features of unaugmented images, set after set. @returns undefined if they are too large or not vectors */
async function featuresOf(
  sets: readonly BatchSource[],
  classes: number,
): Promise<LabeledFeatures | undefined> {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const labels = new Int32Array(count);
  const mostBytes = Math.min(MAX_BYTES, readSystemResources().memoryFree / 4);
  let features: Float32Array | undefined;
  let width = 0;
  let done = 0;
  for (const set of sets) {
    const indices = Array.from({length: set.count}, (_, index) => index);
    for await (const {x, labels: some} of set.batches(indices, BATCH, null)) {
      width = x.shape[1]!;
      if (x.rank === 2 && count * width * 4 <= mostBytes) {
        features ??= new Float32Array(count * width);
        features.set(x.dataSync<'float32'>(), done * width);
      }
      x.dispose();
      if (features === undefined) return undefined;
      labels.set(some, done);
      done += some.length;
    }
  }
  return features === undefined ? undefined : {features, width, labels, classes};
}

/**
 * Finds label issues and outliers by the features of a frozen backbone.
 *
 * @param sets feature sets of the training and validation images
 */
export async function findSuspiciousImages(
  {classifier, split}: Prepared,
  sets: {readonly train: BatchSource; readonly validation: BatchSource},
): Promise<SuspiciousImages> {
  const {classNames} = classifier;
  const samples = [...split.train, ...split.validation];
  const source = await featuresOf([sets.train, sets.validation], classNames.length);
  if (source === undefined) return {labelIssues: [], outliers: []};
  const {labelIssues, outliers} = rankLabelIssues(source);
  return {
    labelIssues: labelIssues
      .filter(({margin}) => margin > LABEL_ISSUE_MARGIN)
      .map(({index, suggested, margin}) => ({
        sample: samples[index]!,
        suggested: classNames[suggested]!,
        margin,
      })),
    outliers: tukeyOutliers(outliers).map(({index, leverage}) => ({
      sample: samples[index]!,
      leverage,
    })),
  };
}

const fileNames = (suspicious: readonly {readonly sample: Sample}[]): string[] =>
  suspicious.map(({sample}) => sample.name);

/** One finding for label issues and one for outliers. */
export const suspiciousImageFindings = ({labelIssues, outliers}: SuspiciousImages): Finding[] => [
  ...labelIssueFindings(labelIssues),
  ...outlierFindings(outliers),
];

function labelIssueFindings(labelIssues: SuspiciousImages['labelIssues']): Finding[] {
  const [first] = labelIssues;
  if (first === undefined) return [];
  const which = formatCount(labelIssues.length, 'image looks', 'images look');
  const message =
    `${which} like another class than the one given, such as ${first.sample.name} (like ${first.suggested}). ` +
    'Check whether the label is wrong or the image is hard.';
  return [{code: 'label-issues', severity: 'warning', message, files: fileNames(labelIssues)}];
}

function outlierFindings(outliers: SuspiciousImages['outliers']): Finding[] {
  const [first] = outliers;
  if (first === undefined) return [];
  const which =
    outliers.length === 1
      ? `${first.sample.name} is an outlier: it`
      : `${outliers.length} images are outliers, such as ${first.sample.name}: they`;
  return [
    {
      code: 'outliers',
      severity: 'note',
      message: `${which} may not belong in this dataset.`,
      files: fileNames(outliers),
    },
  ];
}

/** Maximum number of images of each kind in a report. */
const MAX_THUMBNAILS = 24;

/** Suspicious images for the report, with thumbnails. */
export async function toReportImages(
  {cache, classifier}: Prepared,
  {labelIssues, outliers}: SuspiciousImages,
): Promise<readonly SuspiciousImage[]> {
  const reportImageOf = async (
    sample: Sample,
  ): Promise<Pick<SuspiciousImage, 'name' | 'className' | 'thumbnail'>> => ({
    name: sample.name,
    className: classifier.classNames[sample.label]!,
    ...(await thumbnailIfReadable(cache, sample)),
  });
  return Promise.all([
    ...labelIssues.slice(0, MAX_THUMBNAILS).map(async ({sample, suggested, margin}) => ({
      ...(await reportImageOf(sample)),
      suggested,
      margin,
    })),
    ...outliers.slice(0, MAX_THUMBNAILS).map(async ({sample}) => reportImageOf(sample)),
  ]);
}

interface LabelIssuesDocument {
  readonly labelIssues: readonly {
    readonly name: string;
    readonly className: string;
    readonly suggested: string;
    readonly margin: number;
  }[];
  readonly outliers: readonly {
    readonly name: string;
    readonly className: string;
    readonly leverage: number;
  }[];
}

/** Content of `label-issues.json`: names, classes and scores, most confident first. */
export const labelIssuesDocument = (
  {classifier: {classNames}}: Prepared,
  {labelIssues, outliers}: SuspiciousImages,
): LabelIssuesDocument => ({
  labelIssues: labelIssues.map(({sample: {name, label}, suggested, margin}) => ({
    name,
    className: classNames[label]!,
    suggested,
    margin,
  })),
  outliers: outliers.map(({sample: {name, label}, leverage}) => ({
    name,
    className: classNames[label]!,
    leverage,
  })),
});

/** Parses the document that an earlier process wrote about the same images. */
export function parseLabelIssues(
  document: unknown,
  {train, validation}: Prepared['split'],
): SuspiciousImages {
  const {labelIssues, outliers} = document as LabelIssuesDocument;
  const samples = new Map([...train, ...validation].map(sample => [sample.name, sample]));
  return {
    labelIssues: labelIssues.map(({name, suggested, margin}) => ({
      sample: samples.get(name)!,
      suggested,
      margin,
    })),
    outliers: outliers.map(({name, leverage}) => ({sample: samples.get(name)!, leverage})),
  };
}
