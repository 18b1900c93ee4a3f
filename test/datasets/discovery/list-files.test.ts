import {execFileSync} from 'node:child_process';
import {mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {listFiles} from '../../../src/datasets/discovery/list-files.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {failure, writeTree} from '../../helpers/images.js';

const namesOf = (files: readonly {readonly name: string}[]): string[] =>
  files.map(({name}) => name);

describe('listFiles', () => {
  it('lists files and folders at any depth, sorted by name', async () => {
    const root = temporaryDirectory();
    writeTree(root, {'b/2.jpg': '', 'b/1.jpg': '', 'a/deep/er/x': '', 'top.txt': ''});
    const {files, folders} = await listFiles(root);
    expect(namesOf(files)).to.deep.equal(['a/deep/er/x', 'b/1.jpg', 'b/2.jpg', 'top.txt']);
    expect(folders).to.deep.equal(['a', 'a/deep', 'a/deep/er', 'b']);
  });

  it('does not see what systems and tools leave behind', async () => {
    const root = temporaryDirectory();
    writeTree(root, {
      'a/1.jpg': '',
      'a/.hidden.jpg': '',
      '.git/x.jpg': '',
      'a/.ipynb_checkpoints/1.jpg': '',
      '__MACOSX/a/1.jpg': '',
      'a/Thumbs.db': '',
      'a/desktop.ini': '',
      'a/.DS_Store': '',
    });
    const {files, folders} = await listFiles(root);
    expect(namesOf(files)).to.deep.equal(['a/1.jpg']);
    expect(folders).to.deep.equal(['a']);
  });

  it('does not list the output of runs, nor takes its folder for one of images', async () => {
    const root = temporaryDirectory();
    const runs = [
      'runs/pets/recipe.json',
      'runs/pets/environment.json',
      'runs/.pets.replacement/recipe.json',
      'runs/begun/.lock',
    ];
    const folds = [
      'runs/folds/recipe.json',
      'runs/folds/folds.json',
      'runs/folds/fold-1/mistake.png',
    ];
    const begun = ['runs/going/recipe.json', 'runs/going/.lock'];
    const models = ['b/model/finetune.json', 'b/model/model.json'];
    const images = [
      'a/recipe.json',
      'a/1.jpg',
      'b/1.jpg',
      'c/two/finetune.json',
      'c/two/model.json',
      'c/1.jpg',
    ];
    writeTree(
      root,
      Object.fromEntries(
        [...runs, ...folds, ...begun, ...models, ...images].map(name => [name, '']),
      ),
    );
    const {files, folders, outputs} = await listFiles(root);
    expect(namesOf(files)).to.deep.equal(['a/1.jpg', 'a/recipe.json', 'b/1.jpg', 'c/1.jpg']);
    expect(folders).to.deep.equal(['a', 'b', 'c']);
    expect(outputs).to.deep.equal([
      'b/model/',
      'c/two/',
      'runs/begun/',
      'runs/folds/',
      'runs/going/',
      'runs/pets/',
    ]);
  });

  it('takes any name for a name', async () => {
    const root = temporaryDirectory();
    const names = [
      '**',
      '[a]',
      '__proto__',
      'a b',
      'constructor',
      '{x,y}',
      'quote"\'',
      'new\nline',
      '😀',
      '-rf',
      '!no',
      'back\\slash',
      'ä',
      '\u202eabc',
      'x'.repeat(255),
    ];
    writeTree(root, Object.fromEntries(names.map(name => [`${name}/${name}`, ''])));
    const {files, folders} = await listFiles(root);
    expect(namesOf(files)).to.have.members(names.map(name => `${name}/${name}`));
    expect(folders).to.have.members(names);
  });

  it('follows links that stay inside, and reports those that do not', async () => {
    const outside = temporaryDirectory();
    const root = temporaryDirectory();
    writeTree(outside, {'secret.jpg': '', 'folder/x.jpg': ''});
    writeTree(root, {'a/1.jpg': '', 'pool/2.jpg': ''});
    mkdirSync(join(root, 'b'));
    symlinkSync('../a/1.jpg', join(root, 'b/file.jpg'));
    symlinkSync('../pool', join(root, 'b/linked'));
    symlinkSync(join(outside, 'secret.jpg'), join(root, 'b/secret.jpg'));
    symlinkSync(join(outside, 'folder'), join(root, 'c'));
    symlinkSync('nothing', join(root, 'b/dangling.jpg'));
    const {files, folders, skippedLinks: refusedLinks} = await listFiles(root);
    expect(namesOf(files)).to.deep.equal(['a/1.jpg', 'b/file.jpg', 'b/linked/2.jpg', 'pool/2.jpg']);
    expect(folders).to.deep.equal(['a', 'b', 'b/linked', 'pool']);
    expect(refusedLinks).to.have.deep.members([
      {name: 'b/secret.jpg', reason: 'external', targetKind: 'file'},
      {name: 'c', reason: 'external', targetKind: 'folder'},
      {name: 'b/dangling.jpg', reason: 'broken'},
    ]);
  });

  it('takes a sibling whose name begins like the root for what it is: outside', async () => {
    const parent = temporaryDirectory();
    writeTree(parent, {'pets/a/1.jpg': '', 'pets-private/x.jpg': ''});
    symlinkSync('../../pets-private/x.jpg', join(parent, 'pets/a/x.jpg'));
    expect((await listFiles(join(parent, 'pets'))).skippedLinks).to.deep.equal([
      {name: 'a/x.jpg', reason: 'external', targetKind: 'file'},
    ]);
  });

  it('comes to an end in loops of links', async () => {
    const root = temporaryDirectory();
    writeTree(root, {'a/1.jpg': '', 'b/2.jpg': ''});
    symlinkSync('..', join(root, 'a/up'));
    symlinkSync('../b', join(root, 'a/over'));
    symlinkSync('../a', join(root, 'b/back'));
    symlinkSync('self', join(root, 'self'));
    const {files, skippedLinks: refusedLinks} = await listFiles(root);
    expect(namesOf(files)).to.include.members(['a/1.jpg', 'b/2.jpg']);
    expect(files.length).to.be.below(10);
    expect(refusedLinks).to.deep.include({name: 'self', reason: 'broken'});
  });

  it('lists a root that is itself a link', async () => {
    const parent = temporaryDirectory();
    writeTree(parent, {'real/a/1.jpg': ''});
    symlinkSync('real', join(parent, 'link'));
    expect(namesOf((await listFiles(join(parent, 'link'))).files)).to.deep.equal(['a/1.jpg']);
  });

  it('sets pipes aside without opening them', async function () {
    if (process.platform === 'win32') this.skip();
    const root = temporaryDirectory();
    writeTree(root, {'a/1.jpg': ''});
    execFileSync('mkfifo', [join(root, 'a/pipe.jpg')]);
    symlinkSync('pipe.jpg', join(root, 'a/link.jpg'));
    const {files, specialFiles: specials} = await listFiles(root);
    expect(namesOf(files)).to.deep.equal(['a/1.jpg']);
    expect(specials).to.have.members(['a/pipe.jpg', 'a/link.jpg']);
  });

  it('puts a prefix before every name', async () => {
    const root = temporaryDirectory();
    writeTree(root, {'a/1.jpg': ''});
    symlinkSync('nothing', join(root, 'a/gone'));
    const {files, folders, skippedLinks: refusedLinks} = await listFiles(root, 'test://');
    expect(namesOf(files)).to.deep.equal(['test://a/1.jpg']);
    expect(folders).to.deep.equal(['test://a']);
    expect(refusedLinks).to.deep.equal([{name: 'test://a/gone', reason: 'broken'}]);
  });

  it('stops when aborted', async () => {
    const root = temporaryDirectory();
    writeTree(root, {'a/1.jpg': ''});
    expect((await failure(listFiles(root, '', {signal: AbortSignal.abort()}))).message).to.equal(
      'The run was stopped.',
    );
  });
});
