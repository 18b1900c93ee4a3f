import type {Metrics} from '../../training/metrics/metrics.js';
import type {CellLink} from '../charts/confusion-matrix.js';
import {confusionSection} from '../charts/confusion-section.js';
import {classTable} from '../class-table.js';
import {html, type Html} from '../html.js';
import {groupsOf} from '../misclassifications.js';
import {section} from '../page.js';
import type {RunRecord} from '../run-record.js';
import {embeddingSection} from './embedding-section.js';

/** Links from the confusion matrix to the mistakes, which are on the validation images. */
const linkToMistakes = ({metrics, misclassifications}: RunRecord): CellLink | undefined =>
  metrics.test === undefined && misclassifications.length > 0
    ? groupsOf(misclassifications)
    : undefined;

function mapSection({embedding, classes}: RunRecord): Html | undefined {
  const map = embedding === undefined ? undefined : embeddingSection(embedding, classes);
  return map && section('Map of the images', map);
}

/** Renders which classes are confused, and how well each is told. @param shown metrics of the split that the report is about */
export const classSections = (record: RunRecord, shown: Metrics): Html => html`
  ${section('Confusion matrix', confusionSection(shown, record.classes, linkToMistakes(record)))}
  ${mapSection(record)}
  ${section('Per-class metrics', classTable(shown, record.classes, record.classCurves))}
`;
