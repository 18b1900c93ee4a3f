import type {Quantity} from './statistics.js';

/** What a side answers of one repeat. */
export interface Reading {
  readonly seconds: number;
  readonly images: number;
  /** Of the whole job: what the model that it left reached on the validation part. */
  readonly accuracy?: number;
  /** Of the whole job, the peer's: epochs until the accuracy was reached. */
  readonly epochs?: number;
}

/** A reading, and the processor time that all processes of the side took for it, in seconds, where the system tells. */
export interface ProfiledReading extends Reading {
  readonly processorSeconds?: number;
}

/** All that was read of a side, and what its process took at most, in MiB, where the system tells. */
export interface Readings {
  readonly readings: readonly ProfiledReading[];
  readonly peakMemory?: number;
}

/** The numbers of a row. */
export function valuesOf({readings, peakMemory}: Readings, quantity: Quantity): readonly number[] {
  if (quantity === 'MiB') return peakMemory === undefined ? [] : [peakMemory];
  return readings.map(({seconds, images}) => (quantity === 's' ? seconds : images / seconds));
}

/** Processor seconds for an image, or for a reading where that is what counts. */
export function processorValuesOf({readings}: Readings, quantity: Quantity): readonly number[] {
  if (quantity === 'MiB') return [];
  return readings.flatMap(({processorSeconds, images}) =>
    processorSeconds === undefined
      ? []
      : [quantity === 's' ? processorSeconds : processorSeconds / images],
  );
}
