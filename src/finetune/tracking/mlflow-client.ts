import {setTimeout as sleep} from 'node:timers/promises';
import {errorMessage} from '../../core/errors.js';
import {redactUrl} from '../../core/text/redact-url.js';
import type {MlflowSettings} from './mlflow-settings.js';

const ATTEMPTS = 3;
const REQUEST_TIMEOUT_MS = 10_000;
const RETRY_DELAY_MS = 1000;

/** The server cannot be reached, or refuses a request. */
export class MlflowError extends Error {
  /** @param code MLflow's own: `RESOURCE_DOES_NOT_EXIST` */
  constructor(
    message: string,
    readonly code?: string,
    readonly isTransient = false,
  ) {
    super(message);
  }
}

function authorization({token, username, password}: MlflowSettings, url: URL): string | undefined {
  if (token !== undefined && username === undefined) return `Bearer ${token}`;
  const user = username ?? decodeURIComponent(url.username);
  const secret = password ?? decodeURIComponent(url.password);
  if (user === '' && secret === '') return undefined;
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

/** Reads the reason that an MLflow server gives. */
async function refusal(response: Response, name: string): Promise<MlflowError> {
  const text = await response.text();
  let document: {readonly error_code?: string; readonly message?: string} = {};
  try {
    document = Object(JSON.parse(text)) as typeof document;
  } catch {
    // A proxy answers with a page.
  }
  const target = response.headers.get('location');
  const reason =
    document.message?.split('\n')[0] ??
    (target === null ? response.statusText : `it redirects to ${redactUrl(target)}`);
  return new MlflowError(
    `${name} was answered with ${response.status}: ${reason.slice(0, 300)}`,
    document.error_code,
    response.status >= 500 || response.status === 429,
  );
}

/** Client of MLflow's REST API, version 2.0. */
export class MlflowClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param retryDelay milliseconds before the first retry, doubled before the next */
  constructor(
    settings: MlflowSettings,
    readonly retryDelay = RETRY_DELAY_MS,
  ) {
    const url = new URL(settings.trackingUri);
    const credentials = authorization(settings, url);
    url.username = url.password = url.search = url.hash = '';
    this.#base = `${url.href.replace(/\/$/, '')}/api/2.0/mlflow/`;
    this.#headers = {
      'content-type': 'application/json',
      ...(credentials !== undefined && {authorization: credentials}),
    };
  }

  get<T>(name: string, query: Readonly<Record<string, string>>): Promise<T> {
    return this.#send(name, `${name}?${new URLSearchParams(query).toString()}`, {method: 'GET'});
  }

  post<T>(name: string, body: object): Promise<T> {
    return this.#send(name, name, {method: 'POST', body: JSON.stringify(body)});
  }

  /** @throws MlflowError after the last attempt */
  async #send<T>(name: string, path: string, request: RequestInit): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce<T>(name, path, request);
      } catch (error) {
        if (!(error instanceof MlflowError) || !error.isTransient || attempt === ATTEMPTS)
          throw error;
        await sleep(this.retryDelay * 2 ** (attempt - 1), undefined, {ref: false});
      }
    }
  }

  async #sendOnce<T>(name: string, path: string, request: RequestInit): Promise<T> {
    const response = await fetch(this.#base + path, {
      ...request,
      headers: this.#headers,
      // A redirected POST would become a GET.
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch((error: unknown) => {
      const {cause} = error as {readonly cause?: unknown};
      const reason = errorMessage(cause ?? error) || String((cause as {code?: unknown}).code);
      throw new MlflowError(`${name} cannot be sent: ${reason}`, undefined, true);
    });
    if (!response.ok) throw await refusal(response, name);
    return (await response.json().catch(() => {
      throw new MlflowError(
        `${name} was not answered with JSON, so the address is probably not that of an MLflow server`,
      );
    })) as T;
  }
}
