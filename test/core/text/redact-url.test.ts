import {expect} from 'chai';
import {
  redactUrl,
  hideCredentials,
  restoreCredentials,
  redactUrls,
} from '../../../src/core/text/redact-url.js';

describe('publicAddress', () => {
  const ADDRESSES: readonly (readonly [address: string, shown: string])[] = [
    ['https://host/a/net.pth', 'https://host/a/net.pth'],
    ['https://ann:secret@host:8443/net.pth', 'https://host:8443/net.pth'],
    ['https://host/net.pth?X-Amz-Signature=secret&x=1#secret', 'https://host/net.pth'],
    ['HTTP://secret@host/net.pth', 'http://host/net.pth'],
    ['https://ann:secret@', 'https://'],
    ['https://?token=secret', 'https://'],
  ];
  for (const [address, shown] of ADDRESSES) {
    it(`shows ${shown} of ${address}`, () => expect(redactUrl(address)).to.equal(shown));
  }

  it('finds addresses in a text', () => {
    expect(redactUrls('--weights=https://a:secret@host/net.pth?t=secret')).to.equal(
      '--weights=https://host/net.pth',
    );
    expect(redactUrls('no address, and /a?b#c')).to.equal('no address, and /a?b#c');
  });
});

describe('sealed', () => {
  it('gives the public address, and the whole one back', () => {
    const shown = hideCredentials('https://ann:secret@sealed.test/net.pth?t=secret');
    expect(shown).to.equal('https://sealed.test/net.pth');
    expect(restoreCredentials(shown)).to.equal('https://ann:secret@sealed.test/net.pth?t=secret');
    expect(hideCredentials(shown)).to.equal(shown);
    expect(restoreCredentials(shown)).to.equal('https://ann:secret@sealed.test/net.pth?t=secret');
  });

  it('leaves other texts alone', () => {
    for (const text of ['auto', './net.pth?x', 'resnet50.imagenet1k-v1'])
      expect([hideCredentials(text), restoreCredentials(text)]).to.deep.equal([text, text]);
  });
});
