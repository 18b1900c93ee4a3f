import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {useBackend} from '../helpers/backend.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {exportedRandomModel, runExample, startExample} from '../helpers/examples.js';

describe('the inference examples', function () {
  this.timeout(120_000);
  useBackend();

  let [model, image] = ['', ''];
  before(async () => {
    model = await exportedRandomModel();
    image = join(await drawnFolder({perClass: 1}), 'plain', '0.png');
  });

  it('node-service classifies the body of a request, and refuses what is no image', async () => {
    const child = startExample('node-service/server.js', [model, '0']);
    try {
      const [text] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string];
      const url = text.trim().replace('listening on ', '');
      const post = (body: BodyInit): Promise<Response> => fetch(url, {method: 'POST', body});
      const answer = await post(new Uint8Array(readFileSync(image)));
      expect(answer.status).to.equal(200);
      const predictions = (await answer.json()) as {className: string; probability: number}[];
      expect(predictions.map(({className}) => className)).to.have.members([
        'dotted',
        'plain',
        'striped',
      ]);
      const refused = await post('no image');
      expect(refused.status).to.equal(400);
      expect(await refused.json()).to.include.keys('error', 'code');
      expect((await fetch(url)).status).to.equal(405);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
  });

  it('worker classifies in a thread, and goes on after an image that cannot be read', async () => {
    const text = await runExample('worker/main.js', model, join(model, 'none.png'), image);
    const lines = text.trimEnd().split('\n');
    expect(lines).to.have.lengthOf(2);
    expect(lines[0]).to.contain('none.png');
    expect(lines[1]).to.match(/0\.png: (dotted|plain|striped) [01]\.\d{3}$/);
  });
});
