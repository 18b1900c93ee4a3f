import {expect} from 'chai';
import {SchemaError, validate, type ObjectSchema} from '../../src/core/schema.js';

const SCHEMA: ObjectSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['arch'],
  properties: {
    arch: {enum: ['resnet18', 'resnet50']},
    epochs: {type: 'integer', minimum: 1},
    freeze: {
      anyOf: [{enum: ['probe', 'all']}, {type: 'array', items: {type: 'object'}}],
      description: 'a schedule or a list of phases',
    },
    rates: {
      type: 'object',
      additionalProperties: false,
      required: ['stem', 'head'],
      properties: {stem: {type: ['number', 'null'], exclusiveMinimum: 0}, head: {type: 'number'}},
    },
    'a/b~c': {type: 'string'},
    fold: {type: 'string', pattern: '^\\d/\\d$', examples: ['2/5']},
  },
};

function issuesOf(document: unknown): readonly string[] {
  try {
    validate(SCHEMA, document, 'Recipe pets.json');
  } catch (error) {
    expect(error).to.be.instanceOf(SchemaError);
    const {message, subject: what, issues, exitCode, code} = error as SchemaError;
    expect([what, exitCode, code]).to.deep.equal(['Recipe pets.json', 2, 'SCHEMA_VIOLATION']);
    expect(message).to.equal(`Recipe pets.json: ${issues.join(' ')}`);
    return issues;
  }
  throw new Error('Expected the document to be refused, but it passed.');
}

describe('validate', () => {
  it('gives back the very document that follows its schema', () => {
    const document = {arch: 'resnet18', epochs: 3, freeze: 'all', rates: {stem: null, head: 0.1}};
    expect(validate(SCHEMA, document, 'Recipe')).to.equal(document);
  });

  const cases: readonly (readonly [what: string, document: unknown, issues: readonly string[]])[] =
    [
      [
        'a key that is nearly one',
        {arch: 'resnet18', epoch: 3},
        ['"epoch" is no known key; did you mean epochs?'],
      ],
      [
        'a key that is near none, with all there are',
        {arch: 'resnet18', color: 1},
        ['"color" is no known key. Known keys: arch, epochs, freeze, rates, a/b~c, fold.'],
      ],
      [
        'a nested key',
        {arch: 'resnet18', rates: {stem: 1, head: 1, steem: 1}},
        ['"rates.steem" is no known key; did you mean stem?'],
      ],
      ['a missing key', {}, ['"arch" is missing.']],
      ['a missing nested key', {arch: 'resnet18', rates: {head: 1}}, ['"rates.stem" is missing.']],
      [
        'a value out of a list',
        {arch: 'vgg16'},
        ['"arch" cannot be "vgg16". Use resnet18 or resnet50.'],
      ],
      ['a number out of range', {arch: 'resnet18', epochs: 0}, ['"epochs" must be >= 1; it is 0.']],
      ['another type', {arch: 'resnet18', epochs: '3'}, ['"epochs" must be integer; it is "3".']],
      [
        'alternatives, in one sentence',
        {arch: 'resnet18', freeze: 'prob'},
        ['"freeze" cannot be "prob"; did you mean probe? Use a schedule or a list of phases.'],
      ],
      ['a key with slashes', {arch: 'resnet18', 'a/b~c': 1}, ['"a/b~c" must be string; it is 1.']],
      [
        'several wrongs, all at once',
        {epochs: 0},
        ['"arch" is missing.', '"epochs" must be >= 1; it is 0.'],
      ],
      ['what is no object', [], ['The document must be object; it is [].']],
    ];
  for (const [what, document, issues] of cases) {
    it(`names ${what}`, () => expect(issuesOf(document)).to.deep.equal(issues));
  }

  it('says of a value that fits an alternative what is wrong inside of it', () => {
    expect(issuesOf({arch: 'resnet18', freeze: [{}, 2]})).to.deep.equal([
      '"freeze.1" must be object; it is 2.',
    ]);
  });

  it('says by an example what a pattern wants', () => {
    expect(issuesOf({arch: 'resnet18', fold: '2'})).to.deep.equal([
      '"fold" cannot be "2". Use 2/5, or the like.',
    ]);
  });

  it('says each thing once', () => {
    expect(issuesOf({arch: 'resnet18', freeze: 3})).to.deep.equal([
      '"freeze" cannot be 3. Use a schedule or a list of phases.',
    ]);
  });

  it('shows no more of long names and values than fits a sentence', () => {
    const long = 'x'.repeat(1_000_000);
    for (const document of [
      {arch: long},
      {arch: 'resnet18', [long]: 1},
      {arch: 'resnet18', epochs: [long]},
      long,
    ]) {
      const [issue] = issuesOf(document);
      expect(issue!.length).to.be.below(700);
    }
  });
});
