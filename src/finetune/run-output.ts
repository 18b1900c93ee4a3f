import {existsSync} from 'node:fs';
import {availableParallelism, cpus, totalmem} from 'node:os';
import {join} from 'node:path';
import {toSplitManifest} from '../datasets/split-file.js';
import type {Split} from '../datasets/split.js';
import type {EngineInfo} from '../engine/runtime.js';
import {readCheckpoint, type Checkpoint} from '../training/checkpoint.js';
import type {EpochRow} from '../training/history.js';
import {exportClassifier} from './export-classifier.js';
import type {FinetuneOptions} from './finetune.js';
import type {Recipe} from './recipe.js';
import type {RunContext} from './run-context.js';
import {RUN_FILES, RunDirectory} from './run-directory.js';
import {recordOf, type Outcome} from './run-record.js';
import {VERSION} from './version.js';

/** The machine and the software, for whoever wants the same numbers again. */
const environmentOf = (engine: EngineInfo): object => ({
  finetune: VERSION,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  engine,
});

/** What a run leaves behind. Without a directory it leaves nothing. */
export class RunOutput {
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
    const directory = resume ? RunDirectory.open(out) : await RunDirectory.create(out, overwrite);
    await directory.writeJson('recipe', {...options.settings?.options, ...recipe});
    await directory.writeJson('environment', environmentOf(engine));
    return new RunOutput(directory, options, recipe, engine, run);
  }

  get checkpoint(): string | undefined {
    return this.directory?.file('checkpoint');
  }

  async split(split: Split): Promise<void> {
    await this.directory?.writeJson('split', toSplitManifest(split));
  }

  /** The state to go on from; undefined where the run was stopped before there was any. */
  async resumeFrom(): Promise<Checkpoint<EpochRow> | undefined> {
    const {checkpoint} = this;
    if (checkpoint === undefined || this.options.resume !== true) return undefined;
    return existsSync(checkpoint) || existsSync(`${checkpoint}.old`) ? readCheckpoint<EpochRow>(checkpoint) : undefined;
  }

  /** Exports the classifier, proves the bundle, writes metrics, history and report. */
  async finish(outcome: Outcome): Promise<{readonly run?: string; readonly bundle?: string}> {
    const {directory} = this;
    if (directory === undefined) return {};
    const bundle = join(directory.path, RUN_FILES.bundle);
    const record = (): ReturnType<typeof recordOf> =>
      recordOf(outcome, {run: directory.path, bundle, settings: this.options.settings, context: this.run});
    await this.run.time('export', () => exportClassifier(outcome, record(), bundle));
    await directory.write('history', record().historyCsv);
    await directory.writeJson('metrics', record().metricsDocument);
    await directory.write('report', await record().reportHtml());
    this.run.emit({type: 'saved', directory: directory.path});
    return {run: directory.path, bundle};
  }
}
