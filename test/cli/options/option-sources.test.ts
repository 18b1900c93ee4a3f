import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {FLAG_OPTIONS} from '../../../src/cli/options/command-options.js';
import {readOptionSources} from '../../../src/cli/options/option-sources.js';
import {defaultsOf, mergeOptions} from '../../../src/finetune/options/merge-options.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const recipe = (text: string): string => {
  const path = join(temporaryDirectory(), 'recipe.json');
  writeFileSync(path, text);
  return path;
};

const settled = (flags: object, environment: NodeJS.ProcessEnv = {}) =>
  mergeOptions([
    ...readOptionSources(flags as Record<string, unknown>, environment, FLAG_OPTIONS),
    defaultsOf(FLAG_OPTIONS),
  ]);

const sentence = (flags: object, environment: NodeJS.ProcessEnv = {}): string => {
  try {
    settled(flags, environment);
  } catch (error) {
    expect((error as {exitCode?: number}).exitCode).to.equal(2);
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
};

describe('options', () => {
  it('are taken from the flag, else the environment, else the recipe file, else the default', () => {
    const file = recipe('{"arch": "resnet152", "batchSize": 1, "dropout": 0.1}');
    const {values, sources} = settled(
      {arch: 'resnet18', recipe: file},
      {
        FINETUNE_ARCH: 'resnet34',
        FINETUNE_BATCH_SIZE: '2',
        FINETUNE_CACHE: '/cache',
        FINETUNE_TEST_BACKEND: 'wasm',
      },
    );
    expect(values).to.include({arch: 'resnet18', batchSize: 2, dropout: 0.1, head: 'linear'});
    expect(sources).to.include({
      arch: 'flag',
      batchSize: 'environment',
      dropout: 'recipe file',
      head: 'default',
    });
  });

  it('may name the recipe file in the environment', () => {
    expect(settled({}, {FINETUNE_RECIPE: recipe('{"seed": 7}')}).values.seed).to.equal(7);
  });

  it('leave out what has no default and was not said', () => {
    expect(settled({}).values).not.to.have.any.keys('epochs', 'lr', 'freeze', 'data');
  });

  const TYPED: readonly (readonly [
    flags: object,
    environment: NodeJS.ProcessEnv,
    expected: object,
  ])[] = [
    [{lr: '1e-4'}, {}, {lr: 1e-4}],
    [{'batch-size': '16'}, {}, {batchSize: 16}],
    [{overwrite: false}, {}, {overwrite: false}],
    [{data: '2024'}, {}, {data: '2024'}],
    [{device: 'gpu:1'}, {}, {device: 'gpu:1'}],
    [{}, {FINETUNE_OFFLINE: '1'}, {offline: true}],
    [{}, {FINETUNE_OFFLINE: 'false'}, {offline: false}],
    [{}, {FINETUNE_VAL_SPLIT: '0.25'}, {valSplit: 0.25}],
    [{}, {FINETUNE_SEED: ''}, {seed: 42}],
  ];
  for (const [flags, environment, expected] of TYPED) {
    it(`become values: ${JSON.stringify({...flags, ...environment})}`, () => {
      expect(settled(flags, environment).values).to.include(expected);
    });
  }

  const REFUSED: readonly (readonly [
    flags: object,
    environment: NodeJS.ProcessEnv,
    expected: RegExp,
  ])[] = [
    [
      {arch: 'resnet51'},
      {},
      /^Command line: "--arch" cannot be "resnet51"; did you mean resnet50\?$/,
    ],
    [{'batch-size': '0'}, {}, /^Command line: .*"--batch-size" must be >= 1; it is 0\./],
    [{'batch-size': 'many'}, {}, /^Command line: .*"--batch-size" must .*; it is "many"\./],
    [{lr: false}, {}, /^Command line: .*"--lr" must .*; it is false\./],
    [
      {freeze: 'everything'},
      {},
      /^Command line: "--freeze" cannot be "everything"\. Use probe, .* or full\.$/,
    ],
    [{device: 'tpu'}, {}, /^Command line: .*"--device" cannot be "tpu"\./],
    [{}, {FINETUNE_EPOCHS: '1.5'}, /^Environment: .*"FINETUNE_EPOCHS" must .*; it is 1\.5\./],
    [
      {},
      {FINETUNE_OFFLINE: 'maybe'},
      /^Environment: .*"FINETUNE_OFFLINE" must .*; it is "maybe"\./,
    ],
    [
      {},
      {FINETUNE_EPOCH: '3'},
      /^FINETUNE_EPOCH in the environment is no known variable; did you mean FINETUNE_EPOCHS\?$/,
    ],
    [
      {},
      {FINETUNE_BATCHSIZE: '3'},
      /^FINETUNE_BATCHSIZE in the environment is no known variable; did you mean FINETUNE_BATCH_SIZE\?$/,
    ],
  ];
  for (const [flags, environment, expected] of REFUSED) {
    it(`are refused by the name that was typed: ${JSON.stringify({...flags, ...environment})}`, () => {
      expect(sentence(flags, environment)).to.match(expected);
    });
  }
});
