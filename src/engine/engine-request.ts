import {CALLBACK, checkOptions, FLAG, SIGNAL, wholeFrom, type Kind} from '../core/arguments.js';
import {UsageError} from '../core/errors.js';
import {wordAsBoolean} from '../core/words-of-options.js';
import type {DeviceWish} from './device.js';
import type {EngineWish} from './engine-info.js';

/** A wish with nothing left open. */
export interface EngineRequest extends EngineWish {
  readonly engine: NonNullable<EngineWish['engine']>;
  readonly device: DeviceWish;
  readonly offline: boolean;
  readonly install: boolean;
}

const ENGINES = ['auto', 'tensorflow', 'wasm'];

export const ENGINE_KIND: Kind = {expected: 'auto, tensorflow or wasm', accepts: value => ENGINES.includes(value as string)};
export const DEVICE_KIND: Kind = {
  expected: 'auto, cpu, gpu or gpu:0, gpu:1 ...',
  accepts: value => typeof value === 'string' && /^(auto|cpu|gpu(:\d+)?)$/.test(value),
};

/** @throws ArgumentError */
export const checkWish = (call: string, wish: unknown): void =>
  checkOptions<EngineWish>(
    call,
    wish,
    {
      ...{engine: ENGINE_KIND, device: DEVICE_KIND, offline: FLAG, install: FLAG},
      ...{threads: wholeFrom(1), onEvent: CALLBACK, signal: SIGNAL},
    },
    'options',
  );

function variable(name: string, {accepts, expected}: Kind, environment: NodeJS.ProcessEnv): string | undefined {
  const value = environment[name];
  if (value === undefined || value === '') return undefined;
  if (accepts(value)) return value;
  throw new UsageError(`Expected ${expected} for ${name} in the environment, but found "${value}".`);
}

const SWITCH: Kind = {expected: 'true or false', accepts: value => wordAsBoolean(value as string) !== undefined};

/**
 * What is not wished is taken from `FINETUNE_ENGINE`, `FINETUNE_DEVICE` and `FINETUNE_OFFLINE`, then from the defaults.
 * @throws UsageError for a variable that cannot be taken
 */
export function requestOf(wish: EngineWish, environment: NodeJS.ProcessEnv = process.env): EngineRequest {
  const offline = variable('FINETUNE_OFFLINE', SWITCH, environment);
  return {
    ...wish,
    engine: wish.engine ?? (variable('FINETUNE_ENGINE', ENGINE_KIND, environment) as EngineRequest['engine'] | undefined) ?? 'auto',
    device: wish.device ?? (variable('FINETUNE_DEVICE', DEVICE_KIND, environment) as DeviceWish | undefined) ?? 'auto',
    offline: wish.offline ?? (offline !== undefined && wordAsBoolean(offline)!),
    install: wish.install ?? true,
  };
}
