import {setTimeout as sleep} from 'node:timers/promises';
import {redactUrl} from '../../core/text/redact-url.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import type {EpochRow} from '../../training/loop/history.js';
import {MlflowClient, MlflowError} from './mlflow-client.js';
import type {MlflowSettings} from './mlflow-settings.js';
import type {FinalResults, RunOutcome, Tracker} from './tracker.js';
import {epochValues, finalValues, type TrackedValue} from './tracked-values.js';

/** Limits of one `log-batch`, and of a parameter's value on older servers. */
const MAX_METRICS = 1000;
const MAX_PARAMS = 100;
const MAX_PARAM_LENGTH = 500;

/** Time in milliseconds that the end of a run waits for the server. A stopped run has to end soon. */
const CLOSE_TIMEOUT_MS = {finished: 60_000, failed: 10_000, stopped: 5000} as const;

const STATUSES = {finished: 'FINISHED', failed: 'FAILED', stopped: 'KILLED'} as const;

/** What is tracked besides the epochs. */
export interface MlflowRunInfo {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Run that an interrupted run was recorded in, if any. */
  readonly recorded?: MlflowRunRecord;
  /** Keeps the record for a resumed run. */
  save(record: MlflowRunRecord): Promise<void>;
  /** Called at most once, when the server fails. Nothing more is sent then. */
  onFailure(error: unknown): void;
}

/** Content of `mlflow.json`. */
export interface MlflowRunRecord {
  readonly trackingUri: string;
  readonly experimentId: string;
  readonly runId: string;
}

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

interface RunDocument {
  readonly run: {
    readonly info: {readonly run_id: string; readonly experiment_id: string};
    readonly data?: {readonly metrics?: readonly Metric[]};
  };
}

const paramText = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, MAX_PARAM_LENGTH);

/** Records a run on an MLflow server. Requests are sent one after another while training goes on. */
export class MlflowTracker implements Tracker {
  readonly name = 'MLflow';
  readonly #client: MlflowClient;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting: Metric[] = [];
  #hasFailed = false;
  #runId = '';
  /** Last step that the server has of each metric. */
  #knownSteps: ReadonlyMap<string, number> = new Map();

  constructor(
    readonly settings: MlflowSettings,
    readonly info: MlflowRunInfo,
    retryDelay?: number,
  ) {
    this.#client = new MlflowClient(settings, retryDelay);
  }

  async begin(rows: readonly EpochRow[]): Promise<void> {
    this.#enqueue(async () => {
      const runId = this.settings.runId ?? this.#recordedRunId;
      const document =
        runId === undefined ? await this.#createRun() : await this.#continueRun(runId);
      const {info, data} = document.run;
      this.#runId = info.run_id;
      // A run that is resumed has them, and none may be written twice with another value.
      if (info.run_id !== this.#recordedRunId) await this.#logParams(info.run_id);
      this.#knownSteps = new Map(
        (data?.metrics ?? []).map(({key, step}) => [key, Number(step)] as const),
      );
      await this.info.save({
        trackingUri: redactUrl(this.settings.trackingUri),
        experimentId: info.experiment_id,
        runId: info.run_id,
      });
    });
    rows.forEach((row, i) => this.epoch(row, i + 1));
  }

  /** The run of an interrupted run, unless that was recorded on another server. */
  get #recordedRunId(): string | undefined {
    const {recorded} = this.info;
    return recorded?.trackingUri === redactUrl(this.settings.trackingUri)
      ? recorded.runId
      : undefined;
  }

  async #createRun(): Promise<RunDocument> {
    const {experimentId = await this.#findExperiment(), runName = this.info.name} = this.settings;
    return this.#client.post<RunDocument>('runs/create', {
      experiment_id: experimentId,
      run_name: runName,
      start_time: Date.now(),
      tags: [
        {key: 'mlflow.source.name', value: 'finetune'},
        {key: 'finetune.version', value: PACKAGE_VERSION},
      ],
    });
  }

  async #logParams(runId: string): Promise<void> {
    const params = Object.entries(this.info.params)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({key, value: paramText(value)}));
    for (let start = 0; start < params.length; start += MAX_PARAMS)
      await this.#client.post('runs/log-batch', {
        run_id: runId,
        params: params.slice(start, start + MAX_PARAMS),
      });
  }

  async #continueRun(runId: string): Promise<RunDocument> {
    await this.#client.post('runs/update', {run_id: runId, status: 'RUNNING'});
    return this.#client.get<RunDocument>('runs/get', {run_id: runId});
  }

  async #findExperiment(): Promise<string> {
    const {experimentName: name = 'Default'} = this.settings;
    const find = async (): Promise<string> => {
      const {experiment} = await this.#client.get<{experiment: {experiment_id: string}}>(
        'experiments/get-by-name',
        {experiment_name: name},
      );
      return experiment.experiment_id;
    };
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof MlflowError) || error.code !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    }
    try {
      const created = await this.#client.post<{experiment_id: string}>('experiments/create', {
        name,
      });
      return created.experiment_id;
    } catch (error) {
      // Another trial of a sweep has just created it.
      if (error instanceof MlflowError && error.code === 'RESOURCE_ALREADY_EXISTS') return find();
      throw error;
    }
  }

  epoch(row: EpochRow, number: number): void {
    this.#add(epochValues(row), number);
  }

  async finish({metrics}: FinalResults, epochs: number): Promise<void> {
    this.#add(finalValues(metrics), epochs);
  }

  #add(values: readonly TrackedValue[], step: number): void {
    const timestamp = Date.now();
    this.#waiting.push(...values.map(([key, value]) => ({key, value, timestamp, step})));
    this.#enqueue(async () => {
      // Takes all that is waiting, so that a slow server gets fewer and larger requests.
      const metrics = this.#waiting
        .splice(0, MAX_METRICS)
        .filter(each => each.step > (this.#knownSteps.get(each.key) ?? 0));
      if (metrics.length > 0)
        await this.#client.post('runs/log-batch', {run_id: this.#runId, metrics});
    });
  }

  async close(outcome: RunOutcome): Promise<void> {
    this.#enqueue(() =>
      this.#client.post('runs/update', {
        run_id: this.#runId,
        status: STATUSES[outcome],
        end_time: Date.now(),
      }),
    );
    const timeout = CLOSE_TIMEOUT_MS[outcome];
    // The timer keeps the process alive: nothing else may while a request is retried.
    const timer = new AbortController();
    const isLate = await Promise.race([
      this.#queue.then(() => false),
      sleep(timeout, true, {signal: timer.signal}).catch(() => false),
    ]);
    timer.abort();
    if (isLate)
      this.#fail(new MlflowError(`the server did not answer within ${timeout / 1000} seconds`));
  }

  #enqueue(work: () => Promise<unknown>): void {
    this.#queue = this.#queue.then(async () => {
      if (!this.#hasFailed) await work().catch((error: unknown) => this.#fail(error));
    });
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.info.onFailure(error);
  }
}
