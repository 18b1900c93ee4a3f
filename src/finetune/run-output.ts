import {dirname} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {DatasetError, FinetuneError} from '../core/errors.js';
import {sentenceOf} from '../core/system-error.js';
import {quoted} from '../core/shell-word.js';
import {checkSplitManifest, splitChanges, toSplitManifest, type SplitChange} from '../datasets/split-file.js';
import type {Split} from '../datasets/split.js';
import type {EngineInfo} from '../engine/runtime.js';
import {saveBundle} from '../export/save-bundle.js';
import {writeTrained} from '../export/trained-file.js';
import type {Classifier} from '../heads/classifier.js';
import {historyCsv} from '../report/history.js';
import {modelCard} from '../report/model-card.js';
import type {RunRecord, Setting} from '../report/run-record.js';
import {hasCheckpoint, readCheckpoint, type Checkpoint} from '../training/checkpoint.js';
import type {EpochRow} from '../training/history.js';
import type {Metrics} from '../training/metrics.js';
import {pictures} from '../training/pictures.js';
import type {FinetuneOptions} from './finetune.js';
import {mistakesOf} from './mistakes.js';
import type {Prepared} from './prepare.js';
import type {Recipe} from './recipe.js';
import type {RunContext} from './run-context.js';
import {fromAnywhere, RunDirectory} from './run-directory.js';
import {environmentOf} from './run-environment.js';
import {withoutPlaces, writeRecord} from './run-record-files.js';
import {oddImages, suspectsDocument} from './suspects.js';
import type {Trained} from './train-phases.js';

/** What a run came to, before anything of it is written. */
export interface Outcome {
  readonly dataset: string;
  readonly prepared: Prepared;
  readonly trained: Trained;
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
}

/** What a report shows. */
type Shown = Pick<RunRecord, 'mistakes' | 'oddImages'>;

/** Validation pictures on which an exported bundle is proven. */
const PROVEN_ON = 8;

/** Changed files that a sentence names. */
const NAMED_CHANGES = 3;

/** An interrupted run whose images are not what they were: what was validated on might now be trained on. */
export class ImagesChangedError extends DatasetError {
  override readonly code = 'IMAGES_CHANGED';

  constructor(
    readonly path: string,
    readonly changes: readonly SplitChange[],
  ) {
    const named = changes.slice(0, NAMED_CHANGES).map(({name, change}) => `${name} (${change})`);
    const which =
      changes.length === 0 ? 'Classes or reasons to leave images out' : `${changes.length} ${changes.length === 1 ? 'file' : 'files'}`;
    const more = changes.length > named.length ? ` and ${changes.length - named.length} more` : '';
    const examples = named.length === 0 ? '' : `: ${named.join(', ')}${more}`;
    super(`${which} changed since the run was begun, as ${path} tells${examples}. Put the images back, or start another run.`);
  }
}

/** All was learned and is on the disk, but the model could not be exported. */
export class ExportFailedError extends FinetuneError {
  override readonly name = 'ExportFailedError';
  override readonly code = 'EXPORT_FAILED';

  constructor(
    /** Directory that holds all that was learned and measured. */
    readonly run: string,
    override readonly cause: unknown,
  ) {
    super(
      `${sentenceOf(cause).replace(/\.?$/, '.')} The training is complete, and its weights and metrics are in ${run}. ` +
        `Make the model again: finetune export ${quoted(run)}`,
    );
  }
}

/** What a run leaves behind. Without a directory it leaves nothing. */
export class RunOutput {
  #made = false;

  private constructor(
    readonly directory: RunDirectory | undefined,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly engine: EngineInfo,
    readonly run: RunContext,
  ) {}

  /** @throws UsageError where the directory may not be written, or holds nothing to resume */
  static async open(options: FinetuneOptions, recipe: Recipe, engine: EngineInfo, run: RunContext): Promise<RunOutput> {
    const {out, overwrite = false, resume = false} = options;
    if (out === undefined) return new RunOutput(undefined, options, recipe, engine, run);
    const directory = resume ? await RunDirectory.open(out, recipe) : await RunDirectory.plan(out, overwrite);
    return new RunOutput(directory, options, recipe, engine, run);
  }

  get checkpoint(): string | undefined {
    return this.directory?.file('checkpoint');
  }

  /**
   * Makes the directory, or goes on in it. Not before weights and images are known to be usable: until then nothing is written, and nothing
   * that was there is lost.
   * @throws ImagesChangedError where the run was begun on others
   */
  async begin(split: Split): Promise<void> {
    await this.#make();
    const {directory} = this;
    const manifest = toSplitManifest(split);
    const begun = await directory?.readJson('split');
    if (begun !== undefined && !isDeepStrictEqual(begun, manifest)) {
      const path = directory!.file('split');
      throw new ImagesChangedError(path, splitChanges(checkSplitManifest(begun, path), manifest));
    }
    await directory?.writeJson('split', manifest);
  }

  /** Lets others write to the directory. */
  async close(): Promise<void> {
    await this.directory?.close();
  }

  /** For a run that is stopped before it began: leaves what `resume` needs to begin it again. */
  async leave(): Promise<void> {
    if (!this.#made) await this.#make();
  }

  async #make(): Promise<void> {
    const {directory, options, recipe, engine} = this;
    if (options.resume !== true) await directory?.make();
    await directory?.writeJson('recipe', fromAnywhere({...options.settings?.options, ...recipe}));
    await directory?.writeJson('environment', environmentOf(engine));
    this.#made = true;
  }

  /** The state to go on from; undefined where the run was stopped before there was any. */
  async resumeFrom(): Promise<Checkpoint<EpochRow> | undefined> {
    const {checkpoint} = this;
    if (checkpoint === undefined || this.options.resume !== true) return undefined;
    return hasCheckpoint(checkpoint) ? readCheckpoint<EpochRow>(checkpoint) : undefined;
  }

  /** Leaves what was learned, as soon as it is: what fails from now on costs no training. */
  async keep(classifier: Classifier): Promise<void> {
    const {directory, run} = this;
    if (directory !== undefined) await run.time('export', () => writeTrained(classifier, directory.file('best')));
  }

  /**
   * Leaves what was measured, then exports the classifier and proves the bundle.
   * @throws ExportFailedError
   */
  async finish(outcome: Outcome): Promise<{readonly run?: string; readonly bundle?: string}> {
    const {directory, run} = this;
    if (directory === undefined) return {};
    const {prepared, trained} = outcome;
    const shown: Shown = {
      mistakes: await mistakesOf(prepared, trained.probabilities),
      ...(trained.odd && {oddImages: await oddImages(prepared, trained.odd)}),
    };
    if (trained.odd !== undefined) await directory.writeJson('suspects', suspectsDocument(prepared, trained.odd));
    await directory.write('history', historyCsv(trained.history));
    await writeRecord(directory, this.#record(outcome, directory, shown));
    await run.time('export', () => this.#export(outcome, directory, shown));
    // Once more, now that it is known how long everything took.
    await writeRecord(directory, this.#record(outcome, directory, shown));
    await directory.complete();
    run.emit({type: 'saved', directory: directory.path});
    return {run: directory.path, bundle: directory.finalFile('bundle')};
  }

  async #export(outcome: Outcome, directory: RunDirectory, shown: Shown): Promise<void> {
    const {classifier, card, split, sourceOf} = outcome.prepared;
    const chosen = sourceOf(split.validation.filter((_, i) => i % Math.ceil(split.validation.length / PROVEN_ON) === 0));
    const {run} = this;
    const batches = async function* (): AsyncIterable<Uint8Array> {
      const order = chosen.samples.map((_, index) => index);
      for await (const {images} of pictures(chosen, order, PROVEN_ON, null)) yield images;
    };
    run.progress('export', 0, 2, 'steps', {step: 'writing'});
    await saveBundle(classifier, directory.file('bundle'), {
      metrics: outcome.metrics,
      recipe: withoutPlaces(this.recipe),
      modelCard: modelCard(this.#record(outcome, directory, shown)),
      pictures: batches(),
      onWritten: () => run.progress('export', 1, 2, 'steps', {step: 'proving'}),
      ...(card !== undefined && {weightsCard: card}),
      ...run.signalled,
    }).catch((error: unknown) => {
      if (run.signal?.aborted === true) throw error;
      throw new ExportFailedError(dirname(directory.file('recipe')), error);
    });
  }

  #record({dataset, prepared, trained, metrics}: Outcome, directory: RunDirectory, shown: Shown): RunRecord {
    const {classifier, card, split} = prepared;
    const {settings} = this.options;
    const values = {...settings?.options, ...this.recipe};
    return {
      run: directory.path,
      bundle: directory.finalFile('bundle'),
      finished: new Date().toISOString(),
      dataset,
      images: {train: split.train.length, validation: split.validation.length, test: split.test.length},
      engine: this.engine.engine,
      device: this.engine.device,
      arch: classifier.spec.arch,
      weights: classifier.origin,
      ...(card !== undefined && {card}),
      network: classifier,
      classes: classifier.classNames,
      balance: this.recipe.balance,
      phases: this.recipe.freeze,
      history: trained.history,
      metrics,
      ...shown,
      findings: this.run.findings,
      seconds: this.run.seconds,
      settings: Object.entries(values).map(([name, value]): Setting => ({name, value, source: settings?.sources?.[name] ?? 'default'})),
      environment: environmentOf(this.engine),
      command: settings?.command ?? '',
    };
  }
}
