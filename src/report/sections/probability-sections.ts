import {html, type Html} from '../html.js';
import {section} from '../page.js';
import type {RunRecord} from '../run-record.js';
import {calibrationSection} from './calibration-section.js';
import {classCurvesSection} from './class-curves-section.js';
import {coverageSection} from './coverage-section.js';

/** Renders what the probabilities are worth. The record of an older version has less, and a section without data is left out. */
export function probabilitySections({
  calibration,
  classes,
  classCurves,
  coverage,
  metrics,
}: RunRecord): Html {
  const calibrated = calibrationSection(metrics, calibration);
  const hasCoverage = coverage !== undefined && coverage.length > 0;
  return html`
    ${calibrated !== undefined && section('Calibration', calibrated)}
    ${hasCoverage && section('Coverage', coverageSection(coverage, metrics.validation.numImages))}
    ${classCurves !== undefined && section('Precision, recall and ROC by class', classCurvesSection(classCurves, classes))}
  `;
}
