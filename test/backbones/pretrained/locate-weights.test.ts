import {createHash} from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {expect} from 'chai';
import {
  embeddedPath,
  isEmbedded,
  listPretrained as publishedCards,
  type PretrainedWeights,
} from '../../../src/backbones/pretrained/pretrained.js';
import {WeightsUnavailableError} from '../../../src/backbones/pretrained/download.js';
import {
  EmbeddedWeightsError,
  locatePretrained,
  locateWeights,
  findPretrainedSource,
  type LocateOptions,
} from '../../../src/backbones/pretrained/locate-weights.js';
import {UsageError} from '../../../src/core/errors.js';
import type {Finding} from '../../../src/core/finding.js';
import {hideCredentials} from '../../../src/core/text/redact-url.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const WEIGHTS = Buffer.from('as good as weights');
const OTHER = Buffer.from('not these');
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

const put = (path: string, content: Buffer): string => {
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, content);
  return path;
};

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('nothing was thrown'),
    (error: Error) => error,
  );

describe('locating weights', () => {
  let home: string;
  let card: PretrainedWeights;
  let findings: Finding[];
  let options: LocateOptions & {environment: NodeJS.ProcessEnv};
  let cache: string;
  let torch: string;
  let hub: string;

  beforeEach(() => {
    home = temporaryDirectory();
    const sha256Prefix = sha256(WEIGHTS).slice(0, 8);
    const [like] = publishedCards();
    card = {
      ...like!,
      file: `resnet18-${sha256Prefix}.pth`,
      sha256Prefix,
      url: 'http://127.0.0.1:1/nobody-should-ask',
    };
    findings = [];
    options = {
      environment: {HOME: home, FINETUNE_CACHE: join(home, 'own')},
      onFinding: finding => findings.push(finding),
      catalog: [card],
    };
    cache = join(home, 'own', 'weights', card.file);
    torch = join(home, '.cache', 'torch', 'hub', 'checkpoints', card.file);
    hub = join(home, '.cache', 'huggingface', 'hub', 'models--timm--resnet18.tv_in1k');
  });
  afterEach(stopServers);

  /** A file in a Hugging Face cache, as huggingface_hub lays it out: a link to a blob named by its sha256. */
  const putSnapshot = (
    revision: string,
    content: Buffer,
    name = sha256(content),
    repository = hub,
  ): string => {
    const blob = put(join(repository, 'blobs', name), content);
    const link = join(repository, 'snapshots', revision, 'model.safetensors');
    mkdirSync(dirname(link), {recursive: true});
    symlinkSync(blob, link);
    return link;
  };

  describe('of a pretrained-weights entry', () => {
    it("takes the project's own cache before those of others", async () => {
      for (const path of [cache, torch]) put(path, WEIGHTS);
      putSnapshot('aaa', WEIGHTS);
      expect(await locatePretrained(card, options)).to.deep.equal({
        path: cache,
        source: 'cache',
        pretrained: card,
      });
    });

    it("takes torch's cache before Hugging Face's", async () => {
      put(torch, WEIGHTS);
      putSnapshot('aaa', WEIGHTS);
      expect(await locatePretrained(card, options)).to.deep.equal({
        path: torch,
        source: 'torch',
        pretrained: card,
      });
    });

    it("takes timm's file of the same weights from the cache of Hugging Face", async () => {
      const path = putSnapshot('aaa', OTHER);
      expect(await locatePretrained(card, options)).to.deep.equal({
        path,
        source: 'huggingface',
        pretrained: card,
      });
    });

    it('takes the revision that main names', async () => {
      const paths = ['aaa', 'bbb', 'ccc'].map(revision =>
        putSnapshot(revision, Buffer.from(revision)),
      );
      put(join(hub, 'refs', 'main'), Buffer.from('bbb'));
      expect((await locatePretrained(card, options)).path).to.equal(paths[1]);
    });

    it('looks where TORCH_HOME points', async () => {
      const path = put(join(home, 'elsewhere', 'hub', 'checkpoints', card.file), WEIGHTS);
      const environment = {...options.environment, TORCH_HOME: '~/elsewhere'};
      expect(await locatePretrained(card, {...options, environment})).to.include({
        path,
        source: 'torch',
      });
    });

    for (const [variable, below] of [
      ['HF_HOME', 'hub'],
      ['HF_HUB_CACHE', ''],
      ['HUGGINGFACE_HUB_CACHE', ''],
    ] as const) {
      it(`looks where ${variable} points`, async () => {
        const path = putSnapshot(
          'aaa',
          WEIGHTS,
          sha256(WEIGHTS),
          join(home, 'hf', below, 'models--timm--resnet18.tv_in1k'),
        );
        const environment = {...options.environment, [variable]: join(home, 'hf')};
        expect(await locatePretrained(card, {...options, environment})).to.include({
          path,
          source: 'huggingface',
        });
      });
    }

    it('looks below XDG_CACHE_HOME for all three', () => {
      const environment = {HOME: home, XDG_CACHE_HOME: join(home, 'xdg')};
      const own = put(join(home, 'xdg', 'finetune', 'weights', card.file), WEIGHTS);
      expect(findPretrainedSource(card, environment)).to.deep.equal({path: own, source: 'cache'});
      const theirs = put(join(home, 'xdg', 'torch', 'hub', 'checkpoints', card.file), WEIGHTS);
      expect(
        findPretrainedSource(card, {...environment, FINETUNE_CACHE: join(home, 'own')}),
      ).to.deep.equal({path: theirs, source: 'torch'});
    });

    it('passes over broken files, says so, and leaves them where they are', async () => {
      put(torch, OTHER);
      const link = putSnapshot('aaa', OTHER, sha256(WEIGHTS));
      const {url} = await serve((_, response) => response.end(WEIGHTS));
      const located = await locatePretrained({...card, url}, options);
      expect(located).to.include({path: cache, source: 'download'});
      const sentence = (path: string, length: number): string =>
        `The sha256 of ${path} begins with ${sha256(OTHER).slice(0, length)} instead of ${sha256(WEIGHTS).slice(0, length)}. It is not used; delete it.`;
      expect(findings).to.deep.equal([
        {
          code: 'weights-checksum',
          severity: 'warning',
          message: sentence(torch, 8),
          files: [torch],
        },
        {code: 'weights-checksum', severity: 'warning', message: sentence(link, 64), files: [link]},
      ]);
      expect(readFileSync(torch)).to.deep.equal(OTHER);
      expect(readFileSync(link)).to.deep.equal(OTHER);
    });

    it('downloads into its own cache, once', async () => {
      const {url, requests} = await serve((_, response) => response.end(WEIGHTS));
      expect(await locatePretrained({...card, url}, options)).to.include({
        path: cache,
        source: 'download',
      });
      expect(await locatePretrained({...card, url}, options)).to.include({
        path: cache,
        source: 'cache',
      });
      expect(requests).to.have.length(1);
      expect(readdirSync(dirname(cache))).to.deep.equal([card.file]);
    });

    it('replaces a broken file of its own', async () => {
      put(cache, OTHER);
      const {url} = await serve((_, response) => response.end(WEIGHTS));
      await locatePretrained({...card, url}, options);
      expect(readFileSync(cache)).to.deep.equal(WEIGHTS);
      expect(findings).to.have.length(1);
    });

    it('names url, place and ways out when offline', async () => {
      const error = await rejection(
        locateWeights('auto', 'resnet50', {environment: options.environment, offline: true}),
      );
      expect(error).to.be.instanceOf(WeightsUnavailableError);
      expect(error.message).to.equal(
        'Weights cannot be downloaded from https://download.pytorch.org/models/resnet50-0676ba61.pth: this run is offline. ' +
          `Put the file at ${join(home, 'own', 'weights', 'resnet50-0676ba61.pth')} by hand, or use --weights FILE, --weights none, ` +
          'or --arch resnet18 --weights embedded, which is less accurate and needs no network.',
      );
      expect(error).to.include({isNetworkMissing: true});
    });
  });

  describe('of the weights in this package', () => {
    let embedded: PretrainedWeights;
    before(() => void (embedded = publishedCards().find(isEmbedded)!));

    it('reads the file next to its entry, offline', async () => {
      const {catalog: _, ...offline} = {...options, offline: true};
      expect(await locateWeights('embedded', 'resnet18', offline)).to.deep.equal({
        path: embeddedPath(embedded),
        source: 'package',
        pretrained: embedded,
      });
    });

    it('refuses a file of another sha256, and says what to do', async () => {
      const damaged = {...embedded, sha256Prefix: '0123456789abcdef'.repeat(4)};
      const error = await rejection(locatePretrained(damaged, options));
      expect(error).to.be.instanceOf(EmbeddedWeightsError);
      expect(error.message).to.equal(
        `${embeddedPath(embedded)}, the weights resnet18.tiny-imagenet that come with finetune, is damaged. Install finetune again, or use --weights FILE or --weights none.`,
      );
      expect(findings.map(({code}) => code)).to.deep.equal(['weights-checksum']);
    });

    it('says that a file is missing, and never downloads it', async () => {
      const missing = {...embedded, file: 'nowhere.safetensors'};
      const error = await rejection(locatePretrained(missing, options));
      expect(error).to.be.instanceOf(EmbeddedWeightsError);
      expect(error.message).to.include('that come with finetune, is missing.');
      expect(findPretrainedSource(missing)).to.deep.equal({
        path: embeddedPath(missing),
        source: 'package',
      });
    });

    it('gives a copy elsewhere its entry, by name and sha256', async () => {
      const copy = put(join(home, embedded.file), readFileSync(embeddedPath(embedded)));
      const {catalog: _, ...others} = options;
      expect(await locateWeights(copy, 'resnet18', others)).to.deep.equal({
        path: copy,
        source: 'file',
        pretrained: embedded,
      });
    });
  });

  describe('findPretrainedSource', () => {
    it('tells without reading a byte', () => {
      expect(findPretrainedSource(card, options.environment)).to.deep.equal({
        path: cache,
        source: 'download',
      });
      put(torch, OTHER);
      expect(findPretrainedSource(card, options.environment)).to.deep.equal({
        path: torch,
        source: 'torch',
      });
      expect(existsSync(dirname(cache))).to.equal(false);
    });
  });

  describe('by request', () => {
    it('takes an entry by its name', async () => {
      put(cache, WEIGHTS);
      expect(
        await locateWeights('ResNet18_Weights.IMAGENET1K_V1', 'resnet18', options),
      ).to.deep.equal({path: cache, source: 'cache', pretrained: card});
    });

    it('takes a path as it is', async () => {
      const path = put(join(home, 'mine.safetensors'), OTHER);
      expect(await locateWeights(path, 'resnet18', options)).to.deep.equal({path, source: 'file'});
    });

    it('takes a directory', async () => {
      const path = dirname(put(join(home, 'tfjs', 'model.json'), OTHER));
      expect(await locateWeights(path, 'resnet18', options)).to.deep.equal({path, source: 'file'});
    });

    it('knows a published file by its name and checksum, wherever it lies', async () => {
      const path = put(join(home, card.file), WEIGHTS);
      expect(await locateWeights(path, 'resnet18', options)).to.deep.equal({
        path,
        source: 'file',
        pretrained: card,
      });
    });

    it('does not take a file for a published one because of its name', async () => {
      const path = put(join(home, card.file), OTHER);
      expect(await locateWeights(path, 'resnet18', options)).to.deep.equal({path, source: 'file'});
      expect(findings.map(({message}) => message)).to.deep.equal([
        `The sha256 of ${path} begins with ${sha256(OTHER).slice(0, 8)} instead of ${card.sha256Prefix}. ` +
          'It is used, but not taken for resnet18.imagenet1k-v1.',
      ]);
    });

    it('refuses a path where nothing is', async () => {
      const error = await rejection(locateWeights('./nowhere.pth', 'resnet18', options));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.equal(
        './nowhere.pth (--weights) does not exist. Check the path, or use --weights auto.',
      );
    });

    it('refuses a name that is neither an entry nor a file', async () => {
      const error = await rejection(locateWeights('resnet18.imagenet1k-v9', 'resnet18', options));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.equal(
        '"resnet18.imagenet1k-v9" is no value of --weights; did you mean resnet18.imagenet1k-v1? Use auto, none, a file, a url or one of resnet18.imagenet1k-v1; finetune models lists all.',
      );
    });

    it('fetches a url once, and keeps files of one name from two places apart', async () => {
      const {url, requests} = await serve((request, response) => response.end(request.url));
      const first = await locateWeights(`${url}/a/net.pth`, 'resnet18', options);
      const second = await locateWeights(`${url}/b/net.pth`, 'resnet18', options);
      const again = await locateWeights(`${url}/a/net.pth`, 'resnet18', options);
      expect([first.source, second.source, again]).to.deep.equal([
        'download',
        'download',
        {path: first.path, source: 'cache'},
      ]);
      expect([first, second].map(({path}) => readFileSync(path, 'utf8'))).to.deep.equal([
        '/a/net.pth',
        '/b/net.pth',
      ]);
      expect(first.path).to.match(/[\\/]own[\\/]weights[\\/][0-9a-f]{12}[\\/]net\.pth$/);
      expect(requests).to.have.length(2);
    });

    it('keeps the files of one address apart by their queries, and finds the only one again without', async () => {
      const {url, requests} = await serve((request, response) => response.end(request.url));
      const first = await locateWeights(`${url}/net.pth?id=1`, 'resnet18', options);
      expect(await locateWeights(`${url}/net.pth`, 'resnet18', options)).to.deep.equal({
        path: first.path,
        source: 'cache',
      });
      const second = await locateWeights(`${url}/net.pth?id=2`, 'resnet18', options);
      const bare = await locateWeights(`${url}/net.pth`, 'resnet18', options);
      const paths = [first, second, bare].map(({path}) => path);
      expect(paths.map(path => readFileSync(path, 'utf8'))).to.deep.equal([
        '/net.pth?id=1',
        '/net.pth?id=2',
        '/net.pth',
      ]);
      expect(requests).to.have.length(3);
    });

    it('sends user name, password and query, and keeps none of them', async () => {
      const {url, requests} = await serve((_, response) => response.end('weights'));
      const {host} = new URL(url);
      const source = hideCredentials(`http://ann:p%40ss%C3%A4@${host}/net.pth?token=s3cret`);
      expect(source).to.equal(`http://${host}/net.pth`);
      const notices: string[] = [];
      const {path} = await locateWeights(source, 'resnet18', {
        ...options,
        onInfo: notice => notices.push(notice),
      });
      expect(requests[0]!.url).to.equal('/net.pth?token=s3cret');
      expect(requests[0]!.headers.authorization).to.equal(
        `Basic ${Buffer.from('ann:p@ssä').toString('base64')}`,
      );
      expect(notices).to.deep.equal([
        `http://${host}/net.pth is fetched over plain http: others can read and change what is sent. Use https if the server has it.`,
      ]);
      const kept = readdirSync(join(home, 'own'), {recursive: true, encoding: 'utf8'});
      expect(basename(path)).to.equal('net.pth');
      expect(kept.join()).to.not.match(/s3cret|ann|ss/);
    });

    it('keeps a password to itself when a download fails, and in what it leaves', async () => {
      const {url} = await serve((_, response) => {
        response.writeHead(200, {etag: '"a"', 'content-length': 100});
        response.write('some');
      });
      const source = `${url.replace('//', '//ann:hunter2@')}/net.pth?token=s3cret`;
      const error = await rejection(
        locateWeights(source, 'resnet18', {...options, retryDelay: 1, stallTimeout: 1000}),
      );
      expect(error).to.be.instanceOf(WeightsUnavailableError);
      expect(JSON.stringify({...error, message: error.message}))
        .to.include(`${url}/net.pth`)
        .and.to.not.match(/hunter2|s3cret|\bann\b/);
      const left = readdirSync(join(home, 'own'), {recursive: true, encoding: 'utf8'}).filter(
        name => name.endsWith('origin.json'),
      );
      expect(
        left.map(name => JSON.parse(readFileSync(join(home, 'own', name), 'utf8')) as unknown),
      ).to.deep.equal([{url: `${url}/net.pth`, validator: '"a"'}]);
      const broken = await rejection(
        locateWeights('https://ann:hunter2@/x?token=s3cret', 'resnet18', options),
      );
      expect(broken.message).to.not.match(/hunter2|s3cret/);
    });

    it('sends a password to no other server than it was given for', async () => {
      const other = await serve((_, response) => response.end('weights'));
      const {url, requests} = await serve((_, response) =>
        response.writeHead(302, {location: `${other.url}/elsewhere.pth`}).end(),
      );
      await locateWeights(`${url.replace('//', '//ann:hunter2@')}/net.pth`, 'resnet18', options);
      expect(requests[0]!.headers.authorization).to.match(/^Basic /);
      expect(other.requests.map(({headers}) => headers.authorization)).to.deep.equal([undefined]);
    });

    it('knows an entry by its url', async () => {
      put(cache, WEIGHTS);
      expect(await locateWeights(card.url!, 'resnet18', options)).to.deep.equal({
        path: cache,
        source: 'cache',
        pretrained: card,
      });
    });

    it('refuses a url that is none', async () => {
      const error = await rejection(locateWeights('https://', 'resnet18', options));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.equal('"https://" (--weights) is not a whole url. Check it.');
    });
  });
});
