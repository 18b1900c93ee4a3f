import type {IncomingMessage} from 'node:http';
import {createServer} from 'node:net';
import {expect} from 'chai';
import {checkFinetuneArguments} from '../../../src/finetune/finetune-arguments.js';
import {
  readMlflowSettings,
  type MlflowSettings,
} from '../../../src/finetune/tracking/mlflow-settings.js';
import {
  MlflowTracker,
  type MlflowRunRecord,
} from '../../../src/finetune/tracking/mlflow-tracker.js';
import {inChild, SRC} from '../../helpers/in-child.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {smallFolder, smallRecipe} from '../../helpers/small-run.js';
import {epochRows, someMetrics} from '../../helpers/tracked-run.js';

const ROWS = epochRows(3);

interface SentRequest {
  readonly call: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

type Answer = readonly [status: number, body: object, headers?: Record<string, string>];

const ABSENT: Answer = [404, {error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No experiment'}];
const run = (metrics: readonly object[] = []): object => ({
  run: {info: {run_id: 'r1', experiment_id: '7'}, data: {metrics}},
});

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

/** A server that knows only the calls it is given answers for; anything else is 400. */
async function fakeServer(
  answers: Readonly<Record<string, Answer | (() => Answer)>>,
): Promise<{readonly url: string; readonly sent: SentRequest[]}> {
  const sent: SentRequest[] = [];
  const {url} = await serve((request, response) => {
    void readBody(request).then(body => {
      const call = `${request.method} ${request.url!.replace('/api/2.0/mlflow/', '')}`;
      sent.push({call, body, authorization: request.headers.authorization});
      const answer = answers[call] ?? [400, {message: `There is no ${call}`}];
      const [status, document, headers] = typeof answer === 'function' ? answer() : answer;
      response.writeHead(status, headers).end(JSON.stringify(document));
    });
  });
  return {url, sent};
}

const LOGGED = {
  'POST runs/log-batch': [200, {}],
  'POST runs/update': [200, {}],
} as const satisfies Record<string, Answer>;
const FOUND = {
  'GET experiments/get-by-name?experiment_name=Default': [200, {experiment: {experiment_id: '0'}}],
  'POST runs/create': [200, run()],
} as const satisfies Record<string, Answer>;

describe('the MLflow tracker', () => {
  afterEach(stopServers);

  const failures: unknown[] = [];
  const saved: MlflowRunRecord[] = [];
  beforeEach(() => {
    failures.length = 0;
    saved.length = 0;
  });
  const track = (settings: MlflowSettings, recorded?: MlflowRunRecord): MlflowTracker =>
    new MlflowTracker(
      settings,
      {
        name: 'pets-run',
        params: {arch: 'resnet18', lr: 0.1, phases: [{epochs: 2}], fit: undefined},
        ...(recorded && {recorded}),
        save: async record => void saved.push(record),
        onFailure: error => void failures.push(error),
      },
      1,
    );

  it('finds the experiment, creates a run, logs parameters and epochs in order, and ends it', async () => {
    const {url, sent} = await fakeServer({...FOUND, ...LOGGED});
    const tracker = track({trackingUri: url});
    await tracker.begin([]);
    ROWS.forEach((row, i) => tracker.epoch(row, i + 1));
    await tracker.finish({metrics: {validation: someMetrics()}, images: async () => []}, 3);
    await tracker.close('finished');
    expect(failures).to.deep.equal([]);
    expect(saved).to.deep.equal([{trackingUri: `${url}/`, experimentId: '7', runId: 'r1'}]);
    const [find, create, params, ...others] = sent;
    expect(find!.call).to.equal('GET experiments/get-by-name?experiment_name=Default');
    expect(create!.body).to.include({experiment_id: '0', run_name: 'pets-run'});
    expect(create!.body.start_time).to.be.closeTo(Date.now(), 60_000);
    expect(params!.body).to.deep.equal({
      run_id: 'r1',
      params: [
        {key: 'arch', value: 'resnet18'},
        {key: 'lr', value: '0.1'},
        {key: 'phases', value: '[{"epochs":2}]'},
      ],
    });
    const metrics = others
      .filter(({call}) => call === 'POST runs/log-batch')
      .flatMap(({body}) => body.metrics as {key: string; value: number; step: number}[]);
    expect(
      metrics.filter(({key}) => key === 'train/loss').map(({value, step}) => [step, value]),
    ).to.deep.equal(ROWS.map((row, i) => [i + 1, row.trainingLoss]));
    expect(metrics.filter(({step}) => step === 1)).to.have.length(8);
    expect(metrics.find(({key}) => key === 'best/accuracy')).to.include({value: 0.75, step: 3});
    const last = sent.at(-1)!;
    expect(last.call).to.equal('POST runs/update');
    expect(last.body).to.include({run_id: 'r1', status: 'FINISHED'});
  });

  it('creates an experiment that is absent, also where another trial is faster', async () => {
    const named = 'GET experiments/get-by-name?experiment_name=my+pets';
    let created = false;
    const {url, sent} = await fakeServer({
      ...{...FOUND, ...LOGGED},
      [named]: () => (created ? [200, {experiment: {experiment_id: '5'}}] : ABSENT),
      'POST experiments/create': () => {
        created = true;
        return [400, {error_code: 'RESOURCE_ALREADY_EXISTS', message: 'exists'}];
      },
    });
    const tracker = track({trackingUri: url, experimentName: 'my pets'});
    await tracker.begin([]);
    await tracker.close('failed');
    expect(failures).to.deep.equal([]);
    const [, create, , start] = sent;
    expect(create!.body).to.deep.equal({name: 'my pets'});
    expect(start!.body).to.include({experiment_id: '5'});
    expect(sent.at(-1)!.body).to.include({status: 'FAILED'});
  });

  it('continues the run of a resumed run, and sends only what the server lacks', async () => {
    const {url, sent} = await fakeServer({
      ...LOGGED,
      'GET runs/get?run_id=r1': [
        200,
        run(['train/loss', 'seconds'].map(key => ({key, value: 1, timestamp: 1, step: 2}))),
      ],
    });
    const recorded = {trackingUri: `${url}/`, experimentId: '7', runId: 'r1'};
    const tracker = track({trackingUri: url}, recorded);
    await tracker.begin(ROWS.slice(0, 2));
    tracker.epoch(ROWS[2]!, 3);
    await tracker.close('stopped');
    expect(failures).to.deep.equal([]);
    expect(sent[0]!.body).to.deep.equal({run_id: 'r1', status: 'RUNNING'});
    const metrics = sent
      .filter(({call}) => call === 'POST runs/log-batch')
      .flatMap(({body}) => body.metrics as {key: string; step: number}[]);
    const stepsOf = (name: string): number[] =>
      metrics.filter(({key}) => key === name).map(({step}) => step);
    expect(stepsOf('train/loss')).to.deep.equal([3]);
    expect(stepsOf('validation/loss')).to.deep.equal([1, 2, 3]);
    expect(sent.at(-1)!.body).to.include({status: 'KILLED'});
  });

  it('logs the parameters of a run that MLFLOW_RUN_ID names', async () => {
    const {url, sent} = await fakeServer({...LOGGED, 'GET runs/get?run_id=r1': [200, run()]});
    const tracker = track({trackingUri: url, runId: 'r1'});
    await tracker.begin([]);
    await tracker.close('finished');
    expect(failures).to.deep.equal([]);
    const params = sent.flatMap(({body}) => (body.params ?? []) as {key: string}[]);
    expect(params.map(({key}) => key)).to.deep.equal(['arch', 'lr', 'phases']);
  });

  it('starts another run on another server', async () => {
    const {url, sent} = await fakeServer({...FOUND, ...LOGGED});
    const recorded = {trackingUri: 'http://elsewhere/', experimentId: '7', runId: 'old'};
    const tracker = track({trackingUri: url}, recorded);
    await tracker.begin([]);
    await tracker.close('finished');
    expect(sent.map(({call}) => call)).to.include('POST runs/create');
  });

  it('sends a token, or a name and a password, which may be in the address', async () => {
    const {url, sent} = await fakeServer({...FOUND, ...LOGGED});
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    for (const [settings, expected] of [
      [{trackingUri: url, token: 'secret'}, 'Bearer secret'],
      [{trackingUri: url, username: 'me', password: 'p@ss'}, basic],
      [{trackingUri: url.replace('//', '//me:p%40ss@')}, basic],
      [{trackingUri: url}, undefined],
    ] as const) {
      sent.length = 0;
      const tracker = track(settings);
      await tracker.begin([]);
      await tracker.close('finished');
      expect(new Set(sent.map(({authorization}) => authorization))).to.deep.equal(
        new Set([expected]),
      );
    }
    expect(failures).to.deep.equal([]);
    expect(JSON.stringify(saved)).not.to.include('me:');
  });

  it('tries again where the server fails for a moment', async () => {
    let calls = 0;
    const {url} = await fakeServer({
      ...{...FOUND, ...LOGGED},
      'POST runs/create': () => (++calls < 3 ? [503, {}] : [200, run()]),
    });
    const tracker = track({trackingUri: url});
    await tracker.begin([]);
    await tracker.close('finished');
    expect([calls, failures]).to.deep.equal([3, []]);
  });

  it('tells once why the server fails, and sends nothing more', async () => {
    for (const [answer, sentence] of [
      [
        [403, {message: 'Permission denied\nstack'}],
        /runs\/create was answered with 403: Permission denied$/,
      ],
      [[302, {}, {location: 'https://me:x@a.b/'}], /with 302: it redirects to https:\/\/a\.b\/$/],
      [[500, {}], /with 500: /],
    ] as const) {
      failures.length = 0;
      const {url, sent} = await fakeServer({...FOUND, 'POST runs/create': answer});
      const tracker = track({trackingUri: url});
      await tracker.begin([]);
      ROWS.forEach((row, i) => tracker.epoch(row, i + 1));
      await tracker.close('finished');
      expect(failures).to.have.length(1);
      expect(String((failures[0] as Error).message)).to.match(sentence);
      expect(sent.filter(({call}) => /log-batch|update/.test(call))).to.deep.equal([]);
    }
  });

  it('tells that an address is not that of a server', async () => {
    const {url} = await serve((_, response) => void response.end('<html>Sign in</html>'));
    const tracker = track({trackingUri: url});
    await tracker.begin([]);
    await tracker.close('finished');
    expect(String((failures[0] as Error).message)).to.match(
      /was not answered with JSON, so the address is probably not that of an MLflow server$/,
    );
  });

  it('keeps the process alive until it has told that there is no server', async () => {
    const {code, stdout} = await inChild(`
      import {MlflowTracker} from '${SRC}/finetune/tracking/mlflow-tracker.js';
      const info = {name: 'x', params: {}, save: async () => {}, onFailure: () => console.log('told')};
      const tracker = new MlflowTracker({trackingUri: 'http://127.0.0.1:1'}, info);
      await tracker.begin([]);
      await tracker.close('failed');
      console.log('closed');`);
    expect([code, stdout]).to.deep.equal([0, 'told\nclosed\n']);
  });

  it('tells once that there is no server', async () => {
    const probe = createServer();
    await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve));
    const {port} = probe.address() as {port: number};
    await new Promise(resolve => probe.close(resolve));
    const tracker = track({trackingUri: `http://127.0.0.1:${port}`});
    await tracker.begin([]);
    ROWS.forEach((row, i) => tracker.epoch(row, i + 1));
    await tracker.close('finished');
    expect(failures).to.have.length(1);
    expect(String((failures[0] as Error).message)).to.match(/cannot be sent: .*ECONNREFUSED/);
  });
});

describe('the variables of MLflow', () => {
  it('are those of its own clients; empty ones count as absent', () => {
    expect(readMlflowSettings({})).to.equal(undefined);
    expect(readMlflowSettings({MLFLOW_TRACKING_URI: ''})).to.equal(undefined);
    expect(
      readMlflowSettings({
        MLFLOW_TRACKING_URI: 'https://a.b/x',
        MLFLOW_EXPERIMENT_NAME: 'pets',
        MLFLOW_RUN_ID: '',
        MLFLOW_TRACKING_TOKEN: 't',
      }),
    ).to.deep.equal({trackingUri: 'https://a.b/x', experimentName: 'pets', token: 't'});
  });

  it('are refused where they name no server', () => {
    for (const uri of ['file:///tmp/mlruns', './mlruns', 'sqlite:///mlflow.db', 'databricks'])
      expect(() => readMlflowSettings({MLFLOW_TRACKING_URI: uri})).to.throw(
        /^The MLflow tracking URI .+ \(MLFLOW_TRACKING_URI\) names no server: .* unset the variable\.$/,
      );
  });

  it('are checked by the library, too', async () => {
    const folder = await smallFolder();
    const check = (trackingUri: string) => (): void =>
      checkFinetuneArguments(folder, smallRecipe(folder), {mlflow: {trackingUri}});
    expect(check('http://127.0.0.1:5000')).not.to.throw();
    expect(check('file:///tmp/mlruns')).to.throw(/ names no server/);
  });
});
