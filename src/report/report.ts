import {writeFileAtomic} from '../core/files/atomic-write.js';
import type {Metrics} from '../training/metrics/metrics.js';
import {headline} from './headline.js';
import {html, type Html} from './html.js';
import {misclassificationsSection, mostConfident} from './misclassifications.js';
import {suspiciousImagesSection} from './suspicious-images.js';
import {page, section} from './page.js';
import {
  commandBox,
  environmentTable,
  findingsSection,
  timingsBar,
  settingsTable,
} from './run-details.js';
import {nameOf, type RunRecord} from './run-record.js';
import {activationSection} from './sections/activation-section.js';
import {classSections} from './sections/class-sections.js';
import {classStrip} from './sections/class-strip.js';
import {probabilitySections} from './sections/probability-sections.js';
import {trainingSection} from './sections/training-section.js';
import {useSection} from './sections/use-section.js';

const countMisclassified = ({accuracy, numImages: count}: Metrics): number =>
  Math.round((1 - accuracy) * count);

function body(record: RunRecord): Html {
  const shown = record.metrics.test ?? record.metrics.validation;
  const misclassified = new Set(mostConfident(record.misclassifications).map(({name}) => name));
  const activations = activationSection(record.correctImages);
  return html`
    <header>
      <p class="eyebrow">Fine-tuning report</p>
      <h1>${nameOf(record.dataset)}</h1>
      <p class="quiet">
        ${record.arch}, finished
        <time datetime="${record.finishedAt}"
          >${record.finishedAt.slice(0, 16).replace('T', ' ')}</time
        >
        UTC
      </p>
    </header>
    ${headline(record)}
    <nav class="contents" aria-label="Contents"></nav>
    ${section('Use it', useSection(record))}
    ${record.classExamples !== undefined && section('Classes', classStrip(record.classExamples, record.classes, shown))}
    ${section('Training', trainingSection(record))} ${classSections(record, shown)}
    ${probabilitySections(record)}
    ${activations !== undefined && section('What it looks at', activations)}
    ${section('Most confident errors', misclassificationsSection(record.misclassifications, countMisclassified(record.metrics.validation)))}
    ${record.suspiciousImages !== undefined && record.suspiciousImages.length > 0 && section('Suspicious images', suspiciousImagesSection(record.suspiciousImages, misclassified))}
    ${section('Dataset issues', findingsSection(record.findings))}
    ${section('Time breakdown', timingsBar(record.timings))}
    ${section('Reproduce', commandBox(record.command))}
    ${section('Effective settings', settingsTable(record.settings))}
    ${section('Environment', environmentTable(record.environment))}
    <footer class="quiet">
      Run <code>${nameOf(record.run)}</code>, exported model <code>${nameOf(record.model)}</code>
    </footer>
  `;
}

/** Renders the report as one self-contained HTML document: no network, no other files. */
export const reportHtml = (record: RunRecord): string =>
  page(`${nameOf(record.dataset)}, ${record.arch}: fine-tuning report`, body(record));

/** Writes the report of a run as a self-contained HTML file. */
export const writeReport = (record: RunRecord, path: string): Promise<void> =>
  writeFileAtomic(path, reportHtml(record));
