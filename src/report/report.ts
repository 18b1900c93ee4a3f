import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import type {Metrics} from '../training/metrics.js';
import {classTable} from './class-table.js';
import {confusionSection} from './confusion.js';
import {curves} from './curves.js';
import {headline} from './headline.js';
import {html, trusted, type Html} from './html.js';
import {mistakesSection} from './mistakes.js';
import {commandBox, environmentTable, findingsSection, scheduleTable, secondsBar, settingsTable} from './provenance.js';
import {nameOf, type RunRecord} from './run-record.js';

// From dist/src/report/ to the root of the package.
const resource = (name: string): string => readFileSync(new URL(`../../../templates/report/${name}`, import.meta.url), 'utf8');

/** Nothing may be loaded from anywhere, and no script may run but ours, whatever a class is called. */
const policy = (script: string): string =>
  `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;

/** The policy's hash is of the exact text, so no space may be added to it. */
const element = (name: 'style' | 'script', text: string): Html => trusted(`<${name}>${text}</${name}>`);

const section = (title: string, content: Html): Html =>
  html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;

const mistakesIn = ({accuracy, count}: Metrics): number => Math.round((1 - accuracy) * count);

function body(record: RunRecord): Html {
  const shown = record.metrics.test ?? record.metrics.validation;
  return html`
    <header>
      <p class="eyebrow">Fine-tuning report</p>
      <h1>${nameOf(record.dataset)}</h1>
      <p class="quiet">
        ${record.arch}, finished <time datetime="${record.finished}">${record.finished.slice(0, 16).replace('T', ' ')}</time> UTC
      </p>
    </header>
    ${headline(record)} ${section('How training went', html`${curves(record.history)} ${scheduleTable(record.phases)}`)}
    ${section('What is taken for what', confusionSection(shown, record.classes))}
    ${section('Class by class', classTable(shown, record.classes))}
    ${section('Surest mistakes', mistakesSection(record.mistakes, mistakesIn(record.metrics.validation)))}
    ${section('Found in the data', findingsSection(record.findings))} ${section('Where the time went', secondsBar(record.seconds))}
    ${section('Run it again', commandBox(record.command))} ${section('Settings in force', settingsTable(record.settings))}
    ${section('Environment', environmentTable(record.environment))}
    <footer class="quiet">Run <code>${record.run}</code>, bundle <code>${record.bundle}</code></footer>
  `;
}

/** The report as one HTML document that needs nothing else: no network, no other file. */
export function reportHtml(record: RunRecord): string {
  const script = resource('report.js');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy(script)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${nameOf(record.dataset)}, ${record.arch}: fine-tuning report</title>
        ${element('style', resource('report.css'))}
      </head>
      <body>
        <main>${body(record)}</main>
        ${element('script', script)}
      </body>
    </html> `.text;
}

/** Writes the report of a run as a self-contained HTML file. */
export const writeReport = (record: RunRecord, path: string): Promise<void> => writeFile(path, reportHtml(record));
