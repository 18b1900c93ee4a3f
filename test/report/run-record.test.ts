import {expect} from 'chai';
import {metricsDocument} from '../../src/report/run-record.js';
import {madeUpRecord} from '../helpers/run-record.js';

describe('metrics.json', () => {
  it('has the keys that the contract promises, and nothing else', () => {
    const document = metricsDocument(madeUpRecord(['ants', 'bees']));
    expect(Object.keys(document)).to.deep.equal(
      ['run', 'model', 'backend', 'device', 'arch', 'weights', 'classes', 'metrics', 'timings', 'findings'], // prettier-ignore
    );
    expect(document.metrics).to.have.all.keys('validation');
    expect(document.metrics.validation).to.include.keys(
      'accuracy',
      'top5Accuracy',
      'loss',
      'numImages',
      'accuracyCi95',
      'perClass',
      'confusionMatrix',
    );
    expect(document.timings).to.include.keys(
      'total',
      'decode',
      'features',
      'train',
      'evaluate',
      'export',
    );
  });

  it('has the test metrics where there are some', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const {validation} = record.metrics;
    expect(
      metricsDocument({...record, metrics: {validation, test: validation}}).metrics.test,
    ).to.equal(validation);
  });

  it('survives being written and read', () => {
    const document = metricsDocument(madeUpRecord(['ants', '__proto__']));
    expect(JSON.parse(JSON.stringify(document))).to.deep.equal(document);
  });
});
