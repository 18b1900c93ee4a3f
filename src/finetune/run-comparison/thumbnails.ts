import {join} from 'node:path';
import {sha256File} from '../../core/files/sha256.js';
import {createThumbnails} from '../../datasets/images/thumbnail.js';
import type {Disagreement} from '../../report/comparison/run-comparison.js';
import type {RunToCompare} from './compared-runs.js';

/** Thumbnails that the reports of the runs have of their misclassified images, by hash. */
function reportedThumbnails(runs: readonly RunToCompare[]): Map<string, string> {
  return new Map(
    runs.flatMap(({record, predictions = []}) => {
      const hashes = new Map(predictions.map(({name, sha256}) => [name, sha256]));
      return record.misclassifications.flatMap(({name, thumbnail}) => {
        const hash = hashes.get(name);
        return hash === undefined || thumbnail === undefined ? [] : [[hash, thumbnail] as const];
      });
    }),
  );
}

/** Where an image is now, unless it was moved or changed: in the dataset of a run, or in its folder of validation images. */
async function locateImage(
  {name, sha256}: Disagreement,
  runs: readonly RunToCompare[],
): Promise<string | undefined> {
  const relativePath = name.replace(/^validation:\/\//, '');
  const roots = runs.flatMap(({record: {dataset, settings}}) => {
    const validation = settings.find(setting => setting.name === 'valData')?.value;
    return typeof validation === 'string' ? [validation, dataset] : [dataset];
  });
  for (const root of new Set(roots)) {
    const path = join(root, relativePath);
    if ((await sha256File(path).catch(() => undefined)) === sha256) return path;
  }
  return undefined;
}

/** Thumbnails of images by hash: those of the reports, else of the files where they are still there. */
export async function collectThumbnails(
  runs: readonly RunToCompare[],
  images: readonly Disagreement[],
): Promise<ReadonlyMap<string, string>> {
  const thumbnails = reportedThumbnails(runs);
  const missing = images.filter(({sha256}) => !thumbnails.has(sha256));
  const samples = await Promise.all(
    missing.map(async image => {
      const path = await locateImage(image, runs);
      return path === undefined ? [] : [{path, name: image.sha256, label: 0}];
    }),
  );
  const made = await createThumbnails(samples.flat());
  return new Map([...thumbnails, ...made]);
}
