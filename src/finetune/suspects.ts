import type {Finding} from '../core/finding.js';
import {resources} from '../core/resources.js';
import type {Sample} from '../datasets/image-folder.js';
import type {OddImage} from '../report/run-record.js';
import type {Inputs} from '../training/inputs.js';
import {DOUBTFUL, farOut, rankSuspects, type LabelledFeatures} from '../training/suspects.js';
import type {Prepared} from './prepare.js';
import {shownThumbnail} from './shown-thumbnail.js';

/** Bytes of features that may lie in memory at a time, where a quarter of what is free holds them; a larger set is not looked through. */
const MOST_BYTES = 2 ** 29;

const BATCH = 256;

/** What a run found odd about the labels of its images, the surest first. */
export interface OddSamples {
  /** Images that look like those of another class. */
  readonly mislabelled: readonly {readonly sample: Sample; readonly suggested: string; readonly doubt: number}[];
  /** Images that look like no others. */
  readonly outliers: readonly {readonly sample: Sample; readonly leverage: number}[];
}

/** The features of plain pictures, set after set. @returns undefined where they are too many, or no vectors */
async function featuresOf(sets: readonly Inputs[], classes: number): Promise<LabelledFeatures | undefined> {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const labels = new Int32Array(count);
  const mostBytes = Math.min(MOST_BYTES, resources().memoryFree / 4);
  let features: Float32Array | undefined;
  let width = 0;
  let done = 0;
  for (const set of sets) {
    const order = Array.from({length: set.count}, (_, index) => index);
    for await (const {x, labels: some} of set.batches(order, BATCH, null)) {
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
 * Looks for wrong labels and odd images by the features of a frozen backbone.
 *
 * @param sets of training and validation, features already
 */
export async function oddSamples(
  {classifier, split}: Prepared,
  sets: {readonly train: Inputs; readonly validation: Inputs},
): Promise<OddSamples> {
  const {classNames} = classifier;
  const samples = [...split.train, ...split.validation];
  const source = await featuresOf([sets.train, sets.validation], classNames.length);
  if (source === undefined) return {mislabelled: [], outliers: []};
  const {mislabelled, outliers} = rankSuspects(source);
  return {
    mislabelled: mislabelled
      .filter(({doubt}) => doubt > DOUBTFUL)
      .map(({index, suggested, doubt}) => ({sample: samples[index]!, suggested: classNames[suggested]!, doubt})),
    outliers: farOut(outliers).map(({index, leverage}) => ({sample: samples[index]!, leverage})),
  };
}

const namesOf = (odd: readonly {readonly sample: Sample}[]): string[] => odd.map(({sample}) => sample.name);

/** One finding for images that look mislabelled, one for those that look like no others. */
export const oddFindings = ({mislabelled, outliers}: OddSamples): Finding[] => [
  ...labelFindings(mislabelled),
  ...outlierFindings(outliers),
];

function labelFindings(mislabelled: OddSamples['mislabelled']): Finding[] {
  const [first] = mislabelled;
  if (first === undefined) return [];
  const which = mislabelled.length === 1 ? '1 image looks' : `${mislabelled.length} images look`;
  const message =
    `${which} like another class than the one given, such as ${first.sample.name} (like ${first.suggested}). ` +
    'See whether the label is wrong, or the picture hard.';
  return [{code: 'probable-label-errors', severity: 'warning', message, files: namesOf(mislabelled)}];
}

function outlierFindings(outliers: OddSamples['outliers']): Finding[] {
  const [first] = outliers;
  if (first === undefined) return [];
  const which = outliers.length === 1 ? `${first.sample.name} is` : `${outliers.length} images, such as ${first.sample.name}, are`;
  return [{code: 'outliers', severity: 'note', message: `${which} unlike all others: out of place, perhaps.`, files: namesOf(outliers)}];
}

/** Pictures that a report shows of each kind. */
const SHOWN = 24;

/** Odd images for the report, with pictures of the first. */
export async function oddImages({cache, classifier}: Prepared, {mislabelled, outliers}: OddSamples): Promise<readonly OddImage[]> {
  const pictureOf = async (sample: Sample): Promise<Pick<OddImage, 'name' | 'className' | 'thumbnail'>> => ({
    name: sample.name,
    className: classifier.classNames[sample.label]!,
    ...(await shownThumbnail(cache, sample)),
  });
  return Promise.all([
    ...mislabelled.slice(0, SHOWN).map(async ({sample, suggested, doubt}) => ({...(await pictureOf(sample)), suggested, doubt})),
    ...outliers.slice(0, SHOWN).map(async ({sample}) => pictureOf(sample)),
  ]);
}

interface SuspectsDocument {
  readonly probableLabelErrors: readonly {
    readonly name: string;
    readonly className: string;
    readonly suggested: string;
    readonly doubt: number;
  }[];
  readonly outliers: readonly {readonly name: string; readonly className: string; readonly leverage: number}[];
}

/** `suspects.json`: names, classes and by how much, the surest first. */
export const suspectsDocument = ({classifier: {classNames}}: Prepared, {mislabelled, outliers}: OddSamples): SuspectsDocument => ({
  probableLabelErrors: mislabelled.map(({sample: {name, label}, suggested, doubt}) => ({
    name,
    className: classNames[label]!,
    suggested,
    doubt,
  })),
  outliers: outliers.map(({sample: {name, label}, leverage}) => ({name, className: classNames[label]!, leverage})),
});

/** What the document tells of, which an earlier process has written of the same images. */
export function oddFrom(document: unknown, {train, validation}: Prepared['split']): OddSamples {
  const {probableLabelErrors, outliers} = document as SuspectsDocument;
  const samples = new Map([...train, ...validation].map(sample => [sample.name, sample]));
  return {
    mislabelled: probableLabelErrors.map(({name, suggested, doubt}) => ({sample: samples.get(name)!, suggested, doubt})),
    outliers: outliers.map(({name, leverage}) => ({sample: samples.get(name)!, leverage})),
  };
}
