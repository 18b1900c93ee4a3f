import {expect} from 'chai';
import {classTable} from '../../../src/report/class-table.js';
import {classCurvesSection} from '../../../src/report/sections/class-curves-section.js';
import type {ClassCurves} from '../../../src/training/metrics/class-curves.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const CURVES: readonly ClassCurves[] = [
  {
    averagePrecision: 0.9,
    rocAuc: 0.95,
    precisionRecall: [[0.5, 1], [1, 0.8]], // prettier-ignore
    roc: [[0, 0], [0, 0.5], [1, 1]], // prettier-ignore
  },
  {averagePrecision: 0.4, rocAuc: null, precisionRecall: [[1, 0.4]]}, // prettier-ignore
  {averagePrecision: 0.99, rocAuc: 0.999},
];
const CLASSES = ['ants', 'bees', 'wasps'];

describe('the curves of the classes', () => {
  const text = classCurvesSection(CURVES, CLASSES).text.replace(/[ \n]+/g, ' ');

  it('are those that the record has, the weakest first', () => {
    expect(text).to.contain('The 2 classes of the lowest average precision');
    expect([...text.matchAll(/<b>(\w+)<\/b>/g)].map(([, name]) => name)).to.deep.equal([
      'bees',
      'ants',
    ]);
    expect(text)
      .to.contain('AP 40.0\u00a0%, AUC –')
      .and.to.contain('AP 90.0\u00a0%, AUC 95.0\u00a0%');
  });

  it('go in steps of precision from the left edge, and upward', () => {
    expect(text)
      .to.contain('points="0,0 50,0 50,20 100,20"')
      .and.to.contain('points="0,100 0,50 100,0"');
  });

  it('say that all classes are shown where they are', () => {
    expect(classCurvesSection(CURVES.slice(0, 2), CLASSES.slice(0, 2)).text).to.contain(
      'Every class, the lowest',
    );
  });

  it('give two columns to the table of the classes', () => {
    const {validation} = madeUpRecord(CLASSES).metrics;
    const columns = (html: string): (string | undefined)[] =>
      [...html.matchAll(/<button[^>]*>(\w+)</g)].map(([, title]) => title);
    expect(columns(classTable(validation, CLASSES, CURVES).text)).to.deep.equal(
      ['Class', 'Images', 'Precision', 'Recall', 'F1', 'AP', 'AUC'], // prettier-ignore
    );
    expect(classTable(validation, CLASSES, CURVES).text).to.contain('data-value="0.999"');
    expect(columns(classTable(validation, CLASSES).text)).to.have.length(5);
  });
});
