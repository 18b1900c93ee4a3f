import type {ResNetSpec, ResNetVariant} from './resnet-columns.js';
import {RESNETS} from './resnets.js';

export type {ResNetSpec, ResNetVariant};

export type Arch = keyof typeof RESNETS;
export const ARCHS = Object.keys(RESNETS) as Arch[];

/** The row of a network. */
export const archSpec = (arch: Arch): ResNetSpec => RESNETS[arch];

export type LastStage = 1 | 2 | 3 | 4;

/** The last stage of a complete network. */
export const stageCount = (arch: Arch): LastStage =>
  RESNETS[arch].blocksPerStage.length as LastStage;

/** The stages of the longest network: 1, 2, ... */
export const STAGES: readonly LastStage[] = Array.from(
  {length: Math.max(...ARCHS.map(stageCount))},
  (_, i) => (i + 1) as LastStage,
);

/** The stages of a complete network: 1, 2, ... */
export const stagesOf = (arch: Arch): LastStage[] => STAGES.slice(0, stageCount(arch));

/** A backbone: everything its layers depend on. */
export interface BackboneSpec extends ResNetVariant {
  readonly arch: Arch;
  /** The last stage of the backbone; the head follows it. */
  readonly lastStage: LastStage;
}
