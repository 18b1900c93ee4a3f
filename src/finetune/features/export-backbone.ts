import {startBackend, type BackendOptions} from '../../backend/runtime/runtime.js';
import {lastTappedStage, tapNetwork} from '../../backbones/taps.js';
import {exportFeatures, type ExportFeaturesResult} from '../../export/features/export-features.js';
import {differsFromTorchvision, featuresCard} from '../../report/features/features-card.js';
import type {RunEventListener} from '../events.js';
import {RunContext} from '../run/run-context.js';
import {openNetwork, type NetworkSource} from './network-source.js';

export interface ExportBackboneOptions {
  /** How to start the backend, if none is running. */
  readonly backend?: BackendOptions;
  readonly onEvent?: RunEventListener;
  readonly signal?: AbortSignal;
}

/**
 * Exports feature maps of a trained model, or of weights by themselves, for detectors.
 * @param names `c2` to `c5`, in any order
 * @param out directory; default: `<arch>-features` in the current one
 * @throws UnknownTapError, OutputExistsError (exit 2); FeaturesMismatchError; InvalidModelError; all errors of weights
 */
export async function exportBackbone(
  source: NetworkSource,
  names: readonly string[],
  out: string | undefined,
  {backend, ...options}: ExportBackboneOptions = {},
): Promise<ExportFeaturesResult> {
  const run = new RunContext({
    ...options,
    ...(backend?.offline !== undefined && {offline: backend.offline}),
  });
  await startBackend(backend);
  const {classifier, pretrained} = await openNetwork(source, run);
  try {
    const {spec, preprocessing, origin} = classifier;
    const network = tapNetwork(spec, names);
    const exported = {...spec, lastStage: lastTappedStage(network)};
    if (differsFromTorchvision(exported)) {
      run.emit({
        type: 'info',
        message: `These weights are not of torchvision's variant of ${spec.arch}: the stride or the epsilon is another. README.md has the code that adapts its detectors.`,
      });
    }
    return await exportFeatures(classifier, names, out ?? `${spec.arch}-features`, {
      card: featuresCard({spec: exported, features: network.taps, preprocessing, origin}),
      ...(pretrained !== undefined && {pretrained}),
    });
  } finally {
    classifier.dispose();
  }
}
