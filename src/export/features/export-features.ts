import {mkdir, rm} from 'node:fs/promises';
import {resolve} from 'node:path';
import type {Backbone} from '../../backbones/parameters.js';
import {tapNetwork} from '../../backbones/taps.js';
import {temporaryPath} from '../../core/files/atomic-write.js';
import {assertReplaceable, recoverDirectory, replaceDirectory} from '../replace-directory.js';
import {FEATURES_EXPORT, type FeaturesRecord} from './features-record.js';
import {verifyFeatures} from './verify-features.js';
import {writeFeaturesFiles, type FeaturesDetails} from './write-features.js';

/** Exported features that were written, loaded again and verified against the backbone. */
export interface ExportFeaturesResult {
  /** Absolute path. */
  readonly directory: string;
  readonly record: FeaturesRecord;
  /** Largest difference between two values of a map, as a fraction of the largest value of that map. */
  readonly maxDifference: number;
}

/**
 * Exports a backbone for detectors: a tfjs LayersModel with an output per feature map, and the same weights for torchvision's detectors,
 * without a head. Stages behind the last feature map are left out. The export is written next to its target, loaded again, compared with
 * the backbone, and only then moved into place.
 * @param names `c2` to `c5`, in any order
 * @throws UnknownTapError (exit 2); OutputExistsError (exit 2) if the directory holds something other than exported features;
 * FeaturesMismatchError (exit 1), which leaves no export behind
 */
export async function exportFeatures(
  backbone: Backbone,
  names: readonly string[],
  directory: string,
  details: FeaturesDetails,
): Promise<ExportFeaturesResult> {
  const network = tapNetwork(backbone.spec, names);
  const target = resolve(directory);
  await recoverDirectory(target);
  await assertReplaceable(target, [FEATURES_EXPORT]);
  const fresh = temporaryPath(target);
  try {
    await mkdir(fresh, {recursive: true});
    const record = await writeFeaturesFiles(backbone, network, fresh, details);
    const maxDifference = await verifyFeatures(backbone, network, fresh);
    await replaceDirectory(fresh, target);
    return {directory: target, record, maxDifference};
  } finally {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
  }
}
