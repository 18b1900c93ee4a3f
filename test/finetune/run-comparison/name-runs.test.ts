import {expect} from 'chai';
import {nameRuns} from '../../../src/finetune/run-comparison/name-runs.js';

describe('nameRuns', () => {
  for (const [paths, names] of [
    [
      ['runs/pets-resnet18', 'runs/pets-resnet50-2'],
      ['resnet18', 'resnet50-2'],
    ],
    [
      ['runs/pets-resnet18-2', 'runs/pets-resnet18-3'],
      ['resnet18-2', 'resnet18-3'],
    ],
    [
      ['runs/pets-resnet18', 'runs/pets-resnet18-2'],
      ['resnet18', 'resnet18-2'],
    ],
    [
      ['runs/pets', 'runs/pets-2'],
      ['pets', 'pets-2'],
    ],
    [
      ['/a/run', '/b/run/'],
      ['a/run', 'b/run'],
    ],
    [
      ['runs/first', 'runs/second'],
      ['first', 'second'],
    ],
    [
      ['cv/fold-1', 'cv/fold-2'],
      ['fold-1', 'fold-2'],
    ],
    [
      ['runs/häuser-élan', 'runs/häuser-öl'],
      ['élan', 'öl'],
    ],
  ] as const)
    it(`names ${paths.join(' and ')} ${names.join(' and ')}`, () => {
      expect(nameRuns(paths)).to.deep.equal(names);
    });
});
