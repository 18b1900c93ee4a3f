import {expect} from 'chai';
import {publicAddress, sealed, unsealed, withoutSecrets} from '../../src/core/public-address.js';

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
    it(`shows ${shown} of ${address}`, () => expect(publicAddress(address)).to.equal(shown));
  }

  it('finds addresses in a text', () => {
    expect(withoutSecrets('--weights=https://a:secret@host/net.pth?t=secret')).to.equal('--weights=https://host/net.pth');
    expect(withoutSecrets('no address, and /a?b#c')).to.equal('no address, and /a?b#c');
  });
});

describe('sealed', () => {
  it('gives the public address, and the whole one back', () => {
    const shown = sealed('https://ann:secret@sealed.test/net.pth?t=secret');
    expect(shown).to.equal('https://sealed.test/net.pth');
    expect(unsealed(shown)).to.equal('https://ann:secret@sealed.test/net.pth?t=secret');
    expect(sealed(shown)).to.equal(shown);
    expect(unsealed(shown)).to.equal('https://ann:secret@sealed.test/net.pth?t=secret');
  });

  it('leaves other texts alone', () => {
    for (const text of ['auto', './net.pth?x', 'resnet50.imagenet1k-v1'])
      expect([sealed(text), unsealed(text)]).to.deep.equal([text, text]);
  });
});
