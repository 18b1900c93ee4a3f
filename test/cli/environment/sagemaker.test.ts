import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {finishTraining} from '../../../src/cli/environment/finish-training.js';
import {RunPlan} from '../../../src/cli/run-plan.js';
import type {OptionSource} from '../../../src/finetune/options/merge-options.js';
import {capture} from '../../helpers/capture.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {someMetrics} from '../../helpers/tracked-run.js';

const planOf = (environment: NodeJS.ProcessEnv, ...optionSources: OptionSource[]): RunPlan =>
  new RunPlan({args: [], positionals: {}, optionSources, values: {}}, environment);

describe('in a container of SageMaker', () => {
  const environment = {SM_CHANNEL_TRAINING: '/opt/ml/input/data/training'};

  it('the training channel is the data, unless data is named', () => {
    expect(planOf(environment).values.data).to.equal('/opt/ml/input/data/training');
    for (const source of ['flag', 'environment', 'recipe file'] as const)
      expect(planOf(environment, {source, values: {data: 'pets'}}).values.data).to.equal('pets');
    expect(() => planOf({SM_CHANNEL_TRAINING: ''})).to.throw(/No folder of images is given/);
  });

  it('the model is copied to where it is collected, and other files there stay', async () => {
    const directory = temporaryDirectory();
    const [model, target] = [join(directory, 'model'), join(directory, 'sm')];
    mkdirSync(model);
    mkdirSync(target);
    writeFileSync(join(model, 'finetune.json'), 'new');
    writeFileSync(join(target, 'finetune.json'), 'old');
    writeFileSync(join(target, 'other.txt'), 'kept');
    for (const document of [{model}, {ensemble: {model}}]) {
      const said = capture();
      const context = {
        terminal: said.terminal,
        environment: {SM_MODEL_DIR: target},
        signal: new AbortController().signal,
      };
      await finishTraining({document, text: ''}, 'auto', context);
      expect(said.stderr).to.match(/^copied +the model to .* \(SM_MODEL_DIR\)\n$/);
      expect(readFileSync(join(target, 'finetune.json'), 'utf8')).to.equal('new');
      expect(readFileSync(join(target, 'other.txt'), 'utf8')).to.equal('kept');
    }
    const context = {
      terminal: capture().terminal,
      environment: {SM_MODEL_DIR: join(model, 'finetune.json')},
      signal: new AbortController().signal,
    };
    expect(
      await rejectionOf(finishTraining({document: {model}, text: ''}, 'off', context)),
    ).to.have.property('code');
  });
});

describe('the last metric line of a command', () => {
  const lineOf = async (document: object): Promise<string> => {
    const said = capture();
    const {terminal} = said;
    const {signal} = new AbortController();
    await finishTraining({document, text: ''}, 'on', {terminal, environment: {}, signal});
    return said.stderr;
  };

  it('has the metrics of the kept weights, and those of a test', async () => {
    const validation = someMetrics();
    const line = await lineOf({metrics: {validation, test: validation}});
    expect(line).to.match(/^best-accuracy=0\.75 .*best-loss=0\.5 .*test-accuracy=0\.75 .*\n$/);
  });

  it('has those of a test alone, where an ensemble has no validation images', async () => {
    expect(await lineOf({metrics: {test: someMetrics()}})).to.match(/^test-accuracy=0\.75 /);
    expect(await lineOf({metrics: {}})).to.equal('');
  });

  it('has the means of a cross-validation', async () => {
    const [accuracy, balancedAccuracy, loss] = [{mean: 0.5}, {mean: 0.25}, {mean: 2}];
    expect(await lineOf({accuracy, balancedAccuracy, loss})).to.equal(
      'best-accuracy=0.5 best-balanced-accuracy=0.25 best-loss=2\n',
    );
  });

  it('is absent where nothing was trained', async () => {
    expect(await lineOf({arch: 'resnet18'})).to.equal('');
  });
});
