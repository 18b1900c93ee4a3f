import {parse} from 'csv-parse/sync';
import {expect} from 'chai';
import {formatClassified} from '../../../../src/cli/commands/predict/output-format.js';
import {UNSTYLED} from '../../../../src/cli/terminal/screen/style.js';

const terminal = {resultStyle: UNSTYLED, resultColumns: Infinity};
const CONTINUED = {hasHeader: false, hasExplanations: false};
const classified = [
  {
    image: 'new/a, "b".jpg',
    isUnknown: false,
    predictions: [
      {className: 'ants', probability: 0.75},
      {className: 'bees', probability: 0.25},
    ],
  },
  {
    image: 'new/c.jpg',
    isUnknown: true,
    predictions: [
      {className: 'bees', probability: 0.5},
      {className: 'ants', probability: 0.5},
    ],
  },
];

describe('the formats of predictions', () => {
  it('csv: a header once, and a line per image that a reader takes apart again', () => {
    const text = formatClassified(classified, 'csv', 2, terminal);
    expect(parse(text, {columns: true})).to.deep.equal([
      {
        image: 'new/a, "b".jpg',
        unknown: 'false',
        class: 'ants',
        probability: '0.750000',
        class_2: 'bees',
        probability_2: '0.250000',
      },
      {
        image: 'new/c.jpg',
        unknown: 'true',
        class: 'bees',
        probability: '0.500000',
        class_2: 'ants',
        probability_2: '0.500000',
      },
    ]);
    expect(formatClassified(classified, 'csv', 1, terminal, CONTINUED)).to.not.contain(
      'probability',
    );
    const [first] = classified;
    expect(
      formatClassified([{...first!, isUnknown: null}], 'csv', 1, terminal, CONTINUED),
    ).to.equal('"new/a, ""b"".jpg",,ants,0.750000');
  });

  it('csv and jsonl: the path of the image with its activation map', () => {
    const [first, second] = classified;
    const explained = [{...first!, explanation: 'maps/a.jpg'}, second!];
    const text = formatClassified(explained, 'csv', 1, terminal, {
      hasHeader: true,
      hasExplanations: true,
    });
    expect(parse(text, {columns: true})).to.deep.equal([
      {
        image: 'new/a, "b".jpg',
        unknown: 'false',
        class: 'ants',
        probability: '0.750000',
        explanation: 'maps/a.jpg',
      },
      {
        image: 'new/c.jpg',
        unknown: 'true',
        class: 'bees',
        probability: '0.500000',
        explanation: '',
      },
    ]);
    const lines = formatClassified(explained, 'jsonl', 1, terminal).split('\n');
    expect(
      lines.map(line => (JSON.parse(line) as {explanation?: string}).explanation),
    ).to.deep.equal(['maps/a.jpg', undefined]);
  });

  it('jsonl: a document per line', () => {
    const lines = formatClassified(classified, 'jsonl', 1, terminal).split('\n');
    expect(lines.map(line => JSON.parse(line) as unknown)).to.deep.equal([
      {
        image: 'new/a, "b".jpg',
        isUnknown: false,
        predictions: [{className: 'ants', probability: 0.75}],
      },
      {
        image: 'new/c.jpg',
        isUnknown: true,
        predictions: [{className: 'bees', probability: 0.5}],
      },
    ]);
  });
});
