import {ARCHS, type Arch} from '../../../backbones/resnet-specs.js';
import {UsageError} from '../../../core/errors.js';
import {suggest} from '../../../core/text/suggest.js';
import type {RunPlan} from '../../run-plan.js';

function parseArch(name: string): Arch {
  const arch = ARCHS.find(known => known === name);
  if (arch !== undefined) return arch;
  const hint = suggest(name, ARCHS) || '.';
  throw new UsageError(
    `"${name}" of --ensemble is no network${hint} Give a list such as resnet18,resnet34; finetune models lists them.`,
  );
}

/**
 * Networks of `--ensemble`, in order; a network may occur several times. Undefined without the option, and for the folds of a
 * cross-validation, which are members without being named.
 * @throws UsageError (exit 2) for an unknown network, fewer than two networks, or options that conflict
 */
export function parseEnsemble({values, requested}: RunPlan): readonly Arch[] | undefined {
  const {ensemble, folds} = values;
  if (ensemble === undefined) return undefined;
  const names = ensemble.split(',').map(name => name.trim());
  if (folds !== undefined) {
    if (ensemble === '') return undefined;
    throw new UsageError(
      `--folds ${folds} trains the members of the ensemble, so --ensemble takes no networks. Leave out ${ensemble}, or --folds.`,
    );
  }
  if (requested.arch !== undefined)
    throw new UsageError(
      `--arch ${requested.arch} and --ensemble both say what to train. Leave out one.`,
    );
  const archs = ensemble === '' ? [] : names.map(parseArch);
  if (archs.length >= 2) return archs;
  throw new UsageError(
    `--ensemble ${ensemble === '' ? 'names no networks' : `${ensemble} is one network`}. Give two or more, such as resnet18,resnet34, or --folds 5 --ensemble.`,
  );
}
